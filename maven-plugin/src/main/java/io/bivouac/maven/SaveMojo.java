package io.bivouac.maven;

import io.bivouac.engine.Engine;
import java.io.File;
import java.util.List;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Writes images of the store to a file that can be carried: {@code mvn bivouac:save -Dbivouac.image=postgres:15
 * -Dbivouac.archive=postgres.tar}. Docker and Podman load it, and {@code bivouac:load} does.
 */
@Mojo(name = "save", requiresProject = false, threadSafe = true)
public class SaveMojo extends AbstractBivouacMojo {
    /** References, separated by commas. */
    @Parameter(property = "bivouac.image", required = true)
    @SuppressWarnings("NullAway.Init") // injected by Maven
    private List<String> references;

    /** What to write: {@code .tar}, {@code .tar.gz}, or any other name for the folder of an OCI image layout. */
    @Parameter(property = "bivouac.archive", required = true)
    @SuppressWarnings("NullAway.Init") // injected by Maven
    private File archive;

    @Override
    protected void run() {
        try (Engine engine = Engine.open(engineOptions())) {
            engine.images().save(archive.toPath(), references.toArray(String[]::new));
            getLog().info("Saved " + String.join(", ", references) + " to " + archive + ".");
        }
    }
}
