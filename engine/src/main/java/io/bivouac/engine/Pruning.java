package io.bivouac.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apiguardian.api.API;

/**
 * Which images of a store go. Those that have had no name for an hour go in any case, and with them all that no image needs;
 * what a session uses stays in any case, whichever process it belongs to. Immutable: every {@code with} method returns a changed
 * copy.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public final class Pruning {
    private final Optional<Duration> unusedFor;
    private final OptionalLong sizeLimit;
    private final boolean unused;
    private final boolean dryRun;

    private Pruning(Optional<Duration> unusedFor, OptionalLong sizeLimit, boolean unused, boolean dryRun) {
        this.unusedFor = unusedFor;
        this.sizeLimit = sizeLimit;
        this.unused = unused;
        this.dryRun = dryRun;
    }

    /** Images without a name alone. */
    public static Pruning standard() {
        return new Pruning(Optional.empty(), OptionalLong.empty(), false, false);
    }

    /** Also images that came in so long ago and that no session has begun to use since. */
    public Pruning withUnusedFor(Duration age) {
        if (age.isNegative()) {
            throw new ConfigurationException("The age of images to prune must not be negative, as " + age + " is.");
        }
        return new Pruning(Optional.of(age), sizeLimit, unused, dryRun);
    }

    /** Also those that were not used for the longest time, until the store has no more bytes than that, unpacked ones included. */
    public Pruning withSizeLimit(long bytes) {
        if (bytes < 0) {
            throw new ConfigurationException(
                    "The size to prune the store to must not be negative, as " + bytes + " is.");
        }
        return new Pruning(unusedFor, OptionalLong.of(bytes), unused, dryRun);
    }

    /** The same, such as {@code 10g}. */
    public Pruning withSizeLimit(String size) {
        return withSizeLimit(Sizes.parse(size));
    }

    /** All images that no session uses now. */
    public Pruning withUnused() {
        return new Pruning(unusedFor, sizeLimit, true, dryRun);
    }

    /** Nothing is removed, only told. */
    public Pruning withDryRun() {
        return new Pruning(unusedFor, sizeLimit, unused, true);
    }

    public Optional<Duration> unusedFor() {
        return unusedFor;
    }

    public OptionalLong sizeLimit() {
        return sizeLimit;
    }

    public boolean unused() {
        return unused;
    }

    public boolean dryRun() {
        return dryRun;
    }

    /**
     * What went, or would go.
     *
     * @param images with the names they had
     * @param bytes that are free now, of what came in and of what was unpacked
     */
    public record Result(List<Image> images, long bytes) {
        public Result {
            images = List.copyOf(images);
        }
    }
}
