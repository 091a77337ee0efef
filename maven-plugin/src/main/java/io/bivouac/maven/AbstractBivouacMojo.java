package io.bivouac.maven;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.InternalException;
import org.apache.maven.execution.MavenSession;
import org.apache.maven.plugin.AbstractMojo;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/** What every goal has: the way to the store, the skip switch, and one form of failing. */
abstract class AbstractBivouacMojo extends AbstractMojo {
    @Parameter(defaultValue = "${session}", readonly = true, required = true)
    @SuppressWarnings("NullAway.Init") // injected by Maven
    protected MavenSession session;

    /** Leaves the goal out. */
    @Parameter(property = "bivouac.skip", defaultValue = "false")
    private boolean skip;

    /** Where images are kept; default {@code $XDG_CACHE_HOME/bivouac}, for root {@code /var/lib/bivouac}. */
    @Parameter(property = "bivouac.store")
    private @Nullable String store;

    /** Layouts, archives or folders of them, separated as in {@code PATH}. An image they name wins over the store's. */
    @Parameter(property = "bivouac.images")
    private @Nullable String images;

    /** Bytes that stay free on the store's file system, such as {@code 2g}; default the smaller of 1 GiB and a twentieth of it. */
    @Parameter(property = "bivouac.store.reserve")
    private @Nullable String storeReserve;

    /**
     * Where images of a registry are looked for first, separated by commas: {@code docker.io=https://cache.example.org/hub};
     * without a registry, those of Docker Hub.
     */
    @Parameter(property = "bivouac.registry.mirrors")
    private @Nullable String registryMirrors;

    /** Hosts, separated by commas, whose certificates are not looked at, and that may speak plain HTTP. */
    @Parameter(property = "bivouac.registry.insecure")
    private @Nullable String registryInsecure;

    /** Hosts of token servers, separated by commas, that may have credentials of a registry at another site. */
    @Parameter(property = "bivouac.registry.realms")
    private @Nullable String registryRealms;

    /** Asks no registry, ever. */
    @Parameter(property = "bivouac.offline")
    private @Nullable String offline;

    /** {@code best-effort}: limits that this host cannot enforce are left out; otherwise they fail a start. */
    @Parameter(property = "bivouac.limits")
    private @Nullable String limits;

    /** Prints the phases of each start on the standard error stream, in microseconds. */
    @Parameter(property = "bivouac.trace")
    private @Nullable String trace;

    /** Handles what all goals share; a goal does its work in {@link #run()}. */
    @Override
    public final void execute() throws MojoExecutionException, MojoFailureException {
        if (skip) {
            getLog().info("Skipped: bivouac.skip is set.");
            return;
        }
        try {
            run();
        } catch (InternalException e) {
            throw new MojoExecutionException(e.getMessage(), e);
        } catch (BivouacException e) {
            throw new MojoFailureException(e.getMessage(), e);
        }
    }

    protected abstract void run() throws MojoExecutionException, MojoFailureException;

    /** The same, and the log tells how far pulls and pushes have come. */
    protected EngineOptions transferOptions() {
        boolean interactive = session.getRequest().isInteractiveMode();
        return engineOptions().withTransferListener(TransferProgress.to(getLog(), interactive));
    }

    protected EngineOptions engineOptions() {
        return EngineOptions.from(key -> switch (key) {
            case EngineOptions.STORE -> store;
            case EngineOptions.IMAGES -> images;
            case EngineOptions.STORE_RESERVE -> storeReserve;
            case EngineOptions.REGISTRY_MIRRORS -> registryMirrors;
            case EngineOptions.REGISTRY_INSECURE -> registryInsecure;
            case EngineOptions.REGISTRY_REALMS -> registryRealms;
            case EngineOptions.OFFLINE -> offline;
            case EngineOptions.LIMITS -> limits;
            case EngineOptions.TRACE -> trace;
            default -> null;
        });
    }
}
