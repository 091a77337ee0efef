package io.bivouac.maven;

import io.bivouac.engine.Engine;
import io.bivouac.engine.Image;
import java.io.File;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * Loads the images of an OCI image layout or a {@code docker save} archive into the store:
 * {@code mvn bivouac:load -Dbivouac.archive=postgres.tar}. A tar of a whole user space, as mmdebstrap or {@code docker export}
 * write it, becomes an image when that is given a name: {@code -Dbivouac.archive=rootfs.tar.gz -Dbivouac.rootfs=debian:mine}.
 */
@Mojo(name = "load", requiresProject = false, threadSafe = true)
public class LoadMojo extends AbstractBivouacMojo {
    /** A layout's folder, a tar of one, or an archive of {@code docker save}, gzipped or not. */
    @Parameter(property = "bivouac.archive", required = true)
    @SuppressWarnings("NullAway.Init") // injected by Maven
    private File archive;

    /** The name of the image to make of a user space. */
    @Parameter(property = "bivouac.rootfs")
    private @Nullable String rootfs;

    @Override
    protected void run() {
        try (Engine engine = Engine.open(engineOptions())) {
            if (rootfs != null) {
                getLog().info("Imported " + engine.images().importRootfs(archive.toPath(), rootfs) + ".");
                return;
            }
            for (Image image : engine.images().load(archive.toPath())) {
                getLog().info("Loaded " + image + ".");
            }
        }
    }
}
