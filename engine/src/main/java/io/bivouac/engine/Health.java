package io.bivouac.engine;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apiguardian.api.API;

/**
 * What the checks of a container have found out since it was started.
 *
 * @param status what they amount to; a container that is paused or has ended keeps its last one
 * @param failingStreak failures in a row that count
 * @param results of the last five checks, the oldest first
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record Health(Status status, int failingStreak, List<Result> results) {
    /** What the checks amount to. */
    public enum Status {
        /** None has succeeded, and not enough have failed. */
        STARTING,
        /** One has succeeded, and not enough have failed in a row since. */
        HEALTHY,
        /** As many as {@link Healthcheck#withRetries} says have failed in a row, and none has succeeded since. */
        UNHEALTHY
    }

    /**
     * The outcome of one check.
     *
     * @param start when it began
     * @param end when it was over
     * @param exitCode 0 for healthy; -1 for one that took too long or could not be run
     * @param output the first 4096 bytes of it, both streams; of one without an exit code, what was wrong
     */
    public record Result(Instant start, Instant end, int exitCode, String output) {}

    public Health {
        results = List.copyOf(results);
    }

    /** The result of the last check. */
    public Optional<Result> last() {
        return results.isEmpty() ? Optional.empty() : Optional.of(results.get(results.size() - 1));
    }
}
