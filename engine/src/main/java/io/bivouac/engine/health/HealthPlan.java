package io.bivouac.engine.health;

import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Health;
import io.bivouac.engine.Healthcheck;
import io.bivouac.engine.oci.HealthcheckConfig;
import io.bivouac.engine.oci.ImageConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which command is run, when, and what its results amount to, by the rules Docker has; nothing here runs anything.
 *
 * @param command and its arguments
 * @param interval from the end of a check to the next
 * @param timeout of one check
 * @param startPeriod in which failures do not count
 * @param startInterval the interval in there
 * @param retries failures in a row that make a container unhealthy
 */
public record HealthPlan(
        List<String> command,
        Duration interval,
        Duration timeout,
        Duration startPeriod,
        Duration startInterval,
        int retries) {
    private static final HealthcheckConfig DEFAULTS = new HealthcheckConfig(
            List.of(), Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ZERO, Duration.ofSeconds(5), 3);

    /** Images may ask for less, which would be a check without end. */
    private static final Duration SHORTEST = Duration.ofMillis(1);

    private static final int RESULTS_KEPT = 5;

    public HealthPlan {
        command = List.copyOf(command);
    }

    /** The plan for a container; empty where none is asked for, or one of an unknown kind. */
    public static Optional<HealthPlan> of(ContainerSpec spec, ImageConfig image) {
        HealthcheckConfig none = HealthcheckConfig.ofTest(List.of());
        HealthcheckConfig config = spec.healthcheck()
                .map(Healthcheck::config)
                .orElse(none)
                .over(image.healthcheck().orElse(none))
                .over(DEFAULTS);
        return command(config.test(), image).map(command -> of(command, config));
    }

    private static HealthPlan of(List<String> command, HealthcheckConfig config) {
        return new HealthPlan(
                command,
                atLeast(config.interval()),
                atLeast(config.timeout()),
                config.startPeriod(),
                atLeast(config.startInterval()),
                config.retries());
    }

    private static Duration atLeast(Duration duration) {
        return duration.compareTo(SHORTEST) < 0 ? SHORTEST : duration;
    }

    private static Optional<List<String>> command(List<String> test, ImageConfig image) {
        String kind = test.isEmpty() ? "" : test.get(0);
        boolean shell = kind.equals("CMD-SHELL");
        if (!shell && !kind.equals("CMD")) {
            return Optional.empty();
        }
        List<String> command = new ArrayList<>(shell ? image.shell() : List.of());
        List<String> words = test.subList(1, test.size());
        // Buildah writes a line as its words.
        command.addAll(shell && words.size() > 1 ? List.of(String.join(" ", words)) : words);
        return Optional.of(command);
    }

    /** How long to wait for the next check. */
    public Duration delay(Health.Status status, Duration sinceStart) {
        boolean early = status == Health.Status.STARTING && sinceStart.compareTo(startPeriod) < 0;
        return early ? startInterval : interval;
    }

    /**
     * What a result makes of a container's health.
     *
     * @param began how long after the start the check did
     */
    public Health after(Health health, Health.Result result, Duration began) {
        List<Health.Result> results = new ArrayList<>(health.results());
        if (results.size() == RESULTS_KEPT) {
            results.remove(0);
        }
        results.add(result);
        if (result.exitCode() == 0) {
            return new Health(Health.Status.HEALTHY, 0, results);
        }
        boolean early = health.status() == Health.Status.STARTING && began.compareTo(startPeriod) < 0;
        int streak = early ? health.failingStreak() : health.failingStreak() + 1;
        return new Health(streak >= retries ? Health.Status.UNHEALTHY : health.status(), streak, results);
    }
}
