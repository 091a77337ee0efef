package io.bivouac.maven;

import io.bivouac.engine.Engine;
import io.bivouac.engine.Image;
import java.util.ArrayList;
import java.util.List;
import org.apache.maven.plugins.annotations.Mojo;

/** Lists the images of the store. */
@Mojo(name = "images", requiresProject = false, threadSafe = true)
public class ImagesMojo extends AbstractBivouacMojo {
    private static final int ID_END = "sha256:".length() + 12;

    @Override
    protected void run() {
        try (Engine engine = Engine.open(engineOptions())) {
            List<List<String>> rows = new ArrayList<>();
            rows.add(List.of("IMAGE", "ID", "PLATFORM", "SIZE"));
            for (Image image : engine.images().list()) {
                List<String> names = image.references().isEmpty() ? List.of("<none>") : image.references();
                for (String name : names) {
                    rows.add(List.of(
                            name,
                            image.id().substring("sha256:".length(), ID_END),
                            image.config().platform().toString(),
                            Tables.size(image.size())));
                }
            }
            if (rows.size() == 1) {
                getLog().info("The store holds no images.");
            } else {
                Tables.format(rows).forEach(getLog()::info);
            }
        }
    }
}
