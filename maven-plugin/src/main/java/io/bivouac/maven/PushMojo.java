package io.bivouac.maven;

import io.bivouac.engine.Engine;
import io.bivouac.engine.Image;
import java.util.List;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Takes images of the store to the registries that their names begin with: {@code mvn bivouac:push
 * -Dbivouac.image=registry.example.org/team/db:1}. Credentials are those of {@code docker login} and {@code podman login}.
 */
@Mojo(name = "push", requiresProject = false, threadSafe = true)
public class PushMojo extends AbstractBivouacMojo {
    /** References, separated by commas. */
    @Parameter(property = "bivouac.image", required = true)
    @SuppressWarnings("NullAway.Init") // injected by Maven
    private List<String> references;

    @Override
    protected void run() {
        try (Engine engine = Engine.open(transferOptions())) {
            for (String reference : references) {
                engine.images().push(reference);
                String digest = engine.images()
                        .find(reference)
                        .map(Image::digest)
                        .map(found -> ", " + found)
                        .orElse("");
                getLog().info("The registry has " + reference + digest + ".");
            }
        }
    }
}
