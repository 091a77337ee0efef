package io.bivouac.engine;

import io.bivouac.engine.oci.HealthcheckConfig;
import java.time.Duration;
import java.util.List;
import org.apiguardian.api.API;

/**
 * Says how a container's health is found out: by a command that is run in it again and again, and exits with 0 when all is well.
 * The first check comes one interval after the start. Whatever is not said is as the image has it, or else as Docker's defaults
 * are. Immutable.
 *
 * <pre>{@code
 * Healthcheck.command("pg_isready", "-U", "postgres").withInterval(Duration.ofMillis(200))
 * Healthcheck.ofImage().withStartPeriod(Duration.ofSeconds(60)).withStartInterval(Duration.ofMillis(100))
 * }</pre>
 *
 * @param config in the form of an image's configuration
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record Healthcheck(HealthcheckConfig config) {
    private static final Duration SHORTEST = Duration.ofMillis(1);

    /** A command and its arguments; no shell interprets them. */
    public static Healthcheck command(String... command) {
        if (command.length == 0) {
            throw new ConfigurationException("Healthcheck.command needs a command.");
        }
        String[] test = new String[command.length + 1];
        test[0] = "CMD";
        System.arraycopy(command, 0, test, 1, command.length);
        return of(test);
    }

    /** A line for the image's shell, {@code /bin/sh -c} unless the image names another. */
    public static Healthcheck shell(String line) {
        return of("CMD-SHELL", line);
    }

    /** No check, whatever the image has. */
    public static Healthcheck none() {
        return of("NONE");
    }

    /** The image's check, for changing when it is made. */
    public static Healthcheck ofImage() {
        return of();
    }

    private static Healthcheck of(String... test) {
        return new Healthcheck(HealthcheckConfig.ofTest(List.of(test)));
    }

    /** The time from the end of a check to the next, and from the start to the first; default 30 s. */
    public Healthcheck withInterval(Duration interval) {
        Duration checked = checked("interval", interval);
        return new Healthcheck(new HealthcheckConfig(
                config.test(),
                checked,
                config.timeout(),
                config.startPeriod(),
                config.startInterval(),
                config.retries()));
    }

    /** A check that takes longer is killed, and has failed; default 30 s. */
    public Healthcheck withTimeout(Duration timeout) {
        Duration checked = checked("timeout", timeout);
        return new Healthcheck(new HealthcheckConfig(
                config.test(),
                config.interval(),
                checked,
                config.startPeriod(),
                config.startInterval(),
                config.retries()));
    }

    /** The time from the start in which failures do not count, until a check has succeeded; default none. */
    public Healthcheck withStartPeriod(Duration startPeriod) {
        Duration checked = checked("start period", startPeriod);
        return new Healthcheck(new HealthcheckConfig(
                config.test(), config.interval(), config.timeout(), checked, config.startInterval(), config.retries()));
    }

    /** The interval within the start period, until a check has succeeded; default 5 s. */
    public Healthcheck withStartInterval(Duration startInterval) {
        Duration checked = checked("start interval", startInterval);
        return new Healthcheck(new HealthcheckConfig(
                config.test(), config.interval(), config.timeout(), config.startPeriod(), checked, config.retries()));
    }

    /** Failures in a row that make the container unhealthy; default 3. */
    public Healthcheck withRetries(int retries) {
        if (retries < 1) {
            throw new ConfigurationException("A healthcheck's retries must be at least 1, not " + retries + ".");
        }
        return new Healthcheck(new HealthcheckConfig(
                config.test(),
                config.interval(),
                config.timeout(),
                config.startPeriod(),
                config.startInterval(),
                retries));
    }

    private static Duration checked(String what, Duration duration) {
        if (duration.compareTo(SHORTEST) < 0) {
            throw new ConfigurationException(
                    "A healthcheck's " + what + " must be at least 1 ms, not " + duration + ".");
        }
        return duration;
    }
}
