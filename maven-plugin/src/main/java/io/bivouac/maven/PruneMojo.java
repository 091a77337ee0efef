package io.bivouac.maven;

import io.bivouac.engine.Engine;
import io.bivouac.engine.Image;
import io.bivouac.engine.Pruning;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * Removes images from the store, and all that no image needs. Without anything else, images that have had no name for an hour;
 * {@code mvn bivouac:prune -Dbivouac.prune.age=30d} also those that were not used for so long, {@code -Dbivouac.prune.size=10g}
 * those that were not used for the longest time until the store is no larger, {@code -Dbivouac.prune.unused} all that no session
 * uses at this moment. What a session uses stays in any case.
 */
@Mojo(name = "prune", requiresProject = false, threadSafe = true)
public class PruneMojo extends AbstractBivouacMojo {
    /** How long an image must not have been used: {@code 30d}, {@code 12h}, {@code 45m}. */
    @Parameter(property = "bivouac.prune.age")
    private @Nullable String age;

    /** How large the store may be afterwards, unpacked layers included: {@code 10g}. */
    @Parameter(property = "bivouac.prune.size")
    private @Nullable String size;

    /** Removes all that is not in use. */
    @Parameter(property = "bivouac.prune.unused", defaultValue = "false")
    private boolean unused;

    /** Tells what would be removed, and removes nothing. */
    @Parameter(property = "bivouac.prune.dry", defaultValue = "false")
    private boolean dry;

    @Override
    protected void run() {
        Pruning pruning = pruning();
        try (Engine engine = Engine.open(engineOptions())) {
            Pruning.Result result = engine.images().prune(pruning);
            for (Image image : result.images()) {
                getLog().info((dry ? "Would remove " : "Removed ") + image + ".");
            }
            getLog().info(Tables.size(result.bytes()) + (dry ? " would be free" : " are free now")
                    + " that were not before.");
        }
    }

    private Pruning pruning() {
        Pruning pruning = Pruning.standard();
        if (age != null) {
            pruning = pruning.withUnusedFor(Ages.parse(age));
        }
        if (size != null) {
            pruning = pruning.withSizeLimit(size);
        }
        if (unused) {
            pruning = pruning.withUnused();
        }
        return dry ? pruning.withDryRun() : pruning;
    }
}
