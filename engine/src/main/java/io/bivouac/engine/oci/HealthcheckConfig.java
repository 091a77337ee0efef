package io.bivouac.engine.oci;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apiguardian.api.API;

/**
 * Says how a container's health is found out, as an image's configuration writes it. What is empty or zero is not said there.
 *
 * <p>Sample: {@code {"Test":["CMD-SHELL","pg_isready"],"Interval":10000000000,"Retries":5}}. The image-spec reserves the field
 * for Docker, whose OCI layouts have it too.
 *
 * @param test {@code NONE}, or {@code CMD} and a command, or {@code CMD-SHELL} and a line for the image's shell
 * @param interval from the end of a check to the next
 * @param timeout of one check
 * @param startPeriod after the start, in which failures do not count
 * @param startInterval the interval in there
 * @param retries failures in a row that make a container unhealthy
 * @see <a href="https://github.com/moby/docker-image-spec/blob/v1.3.1/specs-go/v1/image.go">Docker image specification</a>
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record HealthcheckConfig(
        List<String> test,
        Duration interval,
        Duration timeout,
        Duration startPeriod,
        Duration startInterval,
        int retries) {
    private static final String TEST = "Test";
    private static final String INTERVAL = "Interval";
    private static final String TIMEOUT = "Timeout";
    private static final String START_PERIOD = "StartPeriod";
    private static final String START_INTERVAL = "StartInterval";
    private static final String RETRIES = "Retries";

    public HealthcheckConfig {
        test = List.copyOf(test);
        interval = positiveOrZero(interval);
        timeout = positiveOrZero(timeout);
        startPeriod = positiveOrZero(startPeriod);
        startInterval = positiveOrZero(startInterval);
        retries = Math.max(retries, 0);
    }

    /** Says nothing but the test. */
    public static HealthcheckConfig ofTest(List<String> test) {
        return new HealthcheckConfig(test, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, 0);
    }

    /** Reads the object; {@link IllegalArgumentException} names the field that is wrong. */
    public static HealthcheckConfig of(Map<String, ?> json) {
        return new HealthcheckConfig(
                Fields.texts(json, TEST),
                duration(json, INTERVAL),
                duration(json, TIMEOUT),
                duration(json, START_PERIOD),
                duration(json, START_INTERVAL),
                (int) Math.min(Fields.number(json, RETRIES, 0), Integer.MAX_VALUE));
    }

    private static Duration duration(Map<String, ?> json, String name) {
        return Duration.ofNanos(Fields.number(json, name, 0));
    }

    /** The object, without what is not said. */
    public Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        if (!test.isEmpty()) {
            json.put(TEST, test);
        }
        put(json, INTERVAL, interval);
        put(json, TIMEOUT, timeout);
        put(json, START_PERIOD, startPeriod);
        put(json, START_INTERVAL, startInterval);
        if (retries > 0) {
            json.put(RETRIES, (long) retries);
        }
        return json;
    }

    private static void put(Map<String, Object> json, String name, Duration duration) {
        if (!duration.isZero()) {
            json.put(name, duration.toNanos());
        }
    }

    /** The same with whatever is not said here as {@code below} says it. */
    public HealthcheckConfig over(HealthcheckConfig below) {
        return new HealthcheckConfig(
                test.isEmpty() ? below.test : test,
                said(interval, below.interval),
                said(timeout, below.timeout),
                said(startPeriod, below.startPeriod),
                said(startInterval, below.startInterval),
                retries == 0 ? below.retries : retries);
    }

    private static Duration said(Duration duration, Duration otherwise) {
        return duration.isZero() ? otherwise : duration;
    }

    private static Duration positiveOrZero(Duration duration) {
        return duration.isNegative() ? Duration.ZERO : duration;
    }
}
