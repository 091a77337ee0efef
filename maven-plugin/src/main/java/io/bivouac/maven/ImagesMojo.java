package io.bivouac.maven;

import io.bivouac.engine.Damage;
import io.bivouac.engine.Engine;
import io.bivouac.engine.Image;
import io.bivouac.engine.StoreUsage;
import java.util.ArrayList;
import java.util.List;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Lists the images of the store, and tells how large it is. With {@code -Dbivouac.verify} the whole store is read and checked
 * before, and what is damaged is mended or removed.
 */
@Mojo(name = "images", requiresProject = false, threadSafe = true)
public class ImagesMojo extends AbstractBivouacMojo {
    private static final int ID_END = "sha256:".length() + 12;

    /** Checks every digest first. */
    @Parameter(property = "bivouac.verify", defaultValue = "false")
    private boolean verify;

    @Override
    protected void run() throws MojoFailureException {
        try (Engine engine = Engine.open(engineOptions())) {
            if (verify) {
                verify(engine);
            }
            list(engine);
        }
    }

    private void verify(Engine engine) throws MojoFailureException {
        List<Damage> damages = engine.images().verify();
        for (Damage damage : damages) {
            getLog().warn(damage.object() + ": " + damage.problem() + ". " + outcome(damage) + ": " + damage.remark()
                    + ".");
        }
        if (damages.isEmpty()) {
            getLog().info("Everything in the store is as it was written.");
        }
        if (damages.stream().anyMatch(damage -> damage.outcome() == Damage.Outcome.REMAINS)) {
            throw new MojoFailureException("The store is still damaged; the warnings above say what remains and why.");
        }
    }

    private static String outcome(Damage damage) {
        return switch (damage.outcome()) {
            case MENDED -> "Mended";
            case REMOVED -> "Removed";
            case REMAINS -> "It remains";
        };
    }

    private void list(Engine engine) {
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
        StoreUsage usage = engine.images().usage();
        getLog().info("The store has " + Tables.size(usage.blobs()) + " of images, what they share counted once, and "
                + Tables.size(usage.unpacked()) + " unpacked; " + Tables.size(usage.free()) + " are free.");
    }
}
