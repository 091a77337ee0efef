package io.bivouac.maven;

import io.bivouac.engine.Engine;
import io.bivouac.engine.Image;
import java.io.File;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Loads the images of an OCI image layout or a {@code docker save} archive into the store:
 * {@code mvn bivouac:load -Dbivouac.archive=postgres.tar}.
 */
@Mojo(name = "load", requiresProject = false, threadSafe = true)
public class LoadMojo extends AbstractBivouacMojo {
    /** A layout's folder, a tar of one, or an archive of {@code docker save}, gzipped or not. */
    @Parameter(property = "bivouac.archive", required = true)
    @SuppressWarnings("NullAway.Init") // injected by Maven
    private File archive;

    @Override
    protected void run() {
        try (Engine engine = Engine.open(engineOptions())) {
            for (Image image : engine.images().load(archive.toPath())) {
                getLog().info("Loaded " + image + ".");
            }
        }
    }
}
