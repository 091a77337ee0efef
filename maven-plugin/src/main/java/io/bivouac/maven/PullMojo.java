package io.bivouac.maven;

import io.bivouac.engine.Engine;
import io.bivouac.engine.Image;
import java.util.List;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Brings images into the store from their registries: {@code mvn bivouac:pull -Dbivouac.image=postgres:15,redis:7}. Credentials
 * are those of {@code docker login} and {@code podman login}.
 */
@Mojo(name = "pull", requiresProject = false, threadSafe = true)
public class PullMojo extends AbstractBivouacMojo {
    /** References, separated by commas. */
    @Parameter(property = "bivouac.image", required = true)
    @SuppressWarnings("NullAway.Init") // injected by Maven
    private List<String> references;

    @Override
    protected void run() {
        try (Engine engine = Engine.open(transferOptions())) {
            for (String reference : references) {
                Image image = engine.images().pull(reference);
                getLog().info("The store has " + image + ", " + image.digest() + ".");
            }
        }
    }
}
