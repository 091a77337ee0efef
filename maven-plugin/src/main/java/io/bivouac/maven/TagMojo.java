package io.bivouac.maven;

import io.bivouac.engine.Engine;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/** Gives an image of the store one more name: {@code mvn bivouac:tag -Dbivouac.image=postgres:15 -Dbivouac.tag=db:tested}. */
@Mojo(name = "tag", requiresProject = false, threadSafe = true)
public class TagMojo extends AbstractBivouacMojo {
    /** A name it has, or its id. */
    @Parameter(property = "bivouac.image", required = true)
    @SuppressWarnings("NullAway.Init") // injected by Maven
    private String reference;

    /** The new name; it moves when it was another image's. */
    @Parameter(property = "bivouac.tag", required = true)
    @SuppressWarnings("NullAway.Init") // injected by Maven
    private String tag;

    @Override
    protected void run() {
        try (Engine engine = Engine.open(engineOptions())) {
            getLog().info("Tagged " + engine.images().tag(reference, tag) + " as " + tag + ".");
        }
    }
}
