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

    protected EngineOptions engineOptions() {
        return EngineOptions.from(key -> switch (key) {
            case EngineOptions.STORE -> store;
            case EngineOptions.IMAGES -> images;
            default -> null;
        });
    }
}
