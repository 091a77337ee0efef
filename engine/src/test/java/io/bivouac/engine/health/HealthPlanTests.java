package io.bivouac.engine.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Health;
import io.bivouac.engine.Healthcheck;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.ImageConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HealthPlanTests {
    private static final ContainerSpec SPEC = ContainerSpec.of("x:1");
    private static final Health FRESH = new Health(Health.Status.STARTING, 0, List.of());

    private static ImageConfig image(String run) {
        return ImageConfig.of(
                Json.parseObject(("{'config':{" + run + "}}").replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
    }

    private static Optional<HealthPlan> plan(String run, Healthcheck given) {
        return HealthPlan.of(SPEC.withHealthcheck(given), image(run));
    }

    private static Health.Result result(int code) {
        return new Health.Result(Instant.EPOCH, Instant.EPOCH, code, "");
    }

    /** The health after these results, each of a check that began so many seconds after the start. */
    private static Health after(HealthPlan plan, int... secondsAndCodes) {
        Health health = FRESH;
        for (int i = 0; i < secondsAndCodes.length; i += 2) {
            health = plan.after(health, result(secondsAndCodes[i + 1]), Duration.ofSeconds(secondsAndCodes[i]));
        }
        return health;
    }

    @Test
    void whatNobodySaysIsAsDockerHasIt() {
        assertThat(HealthPlan.of(SPEC, image("'Healthcheck':{'Test':['CMD','/check','now']}")))
                .contains(new HealthPlan(
                        List.of("/check", "now"),
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(30),
                        Duration.ZERO,
                        Duration.ofSeconds(5),
                        3));
    }

    @Test
    void imageSaysDurationsInNanoseconds() {
        String all =
                "'Healthcheck':{'Test':['CMD','x'],'Interval':1000000000,'Timeout':2000000,'StartPeriod':3000000000,"
                        + "'StartInterval':4000000,'Retries':5}";

        assertThat(HealthPlan.of(SPEC, image(all)))
                .contains(new HealthPlan(
                        List.of("x"),
                        Duration.ofSeconds(1),
                        Duration.ofMillis(2),
                        Duration.ofSeconds(3),
                        Duration.ofMillis(4),
                        5));
    }

    @Test
    void lineGoesToTheShellOfTheImage() {
        assertThat(plan("", Healthcheck.shell("true && false")))
                .map(HealthPlan::command)
                .contains(List.of("/bin/sh", "-c", "true && false"));
        assertThat(plan("'Shell':['/bin/bash','-o','pipefail','-c']", Healthcheck.shell("a | b")))
                .map(HealthPlan::command)
                .contains(List.of("/bin/bash", "-o", "pipefail", "-c", "a | b"));
        assertThat(HealthPlan.of(SPEC, image("'Healthcheck':{'Test':['CMD-SHELL','test','-e','/x']}")))
                .map(HealthPlan::command)
                .contains(List.of("/bin/sh", "-c", "test -e /x"));
        assertThat(plan("'Shell':['/bin/bash','-c']", Healthcheck.command("a")))
                .map(HealthPlan::command)
                .contains(List.of("a"));
    }

    @Test
    void specificationIsMergedFieldByField() {
        String image = "'Healthcheck':{'Test':['CMD','image'],'Interval':1000000000,'Timeout':2000000000,'Retries':7}";

        assertThat(plan(image, Healthcheck.command("own").withRetries(2)))
                .contains(new HealthPlan(
                        List.of("own"),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        Duration.ZERO,
                        Duration.ofSeconds(5),
                        2));
        assertThat(plan(
                        image,
                        Healthcheck.ofImage()
                                .withInterval(Duration.ofMillis(5))
                                .withTimeout(Duration.ofMillis(6))
                                .withStartPeriod(Duration.ofMillis(7))
                                .withStartInterval(Duration.ofMillis(8))))
                .contains(new HealthPlan(
                        List.of("image"),
                        Duration.ofMillis(5),
                        Duration.ofMillis(6),
                        Duration.ofMillis(7),
                        Duration.ofMillis(8),
                        7));
    }

    @Test
    void nothingIsCheckedWhereNothingIsToBe() {
        assertThat(HealthPlan.of(SPEC, image(""))).isEmpty();
        assertThat(HealthPlan.of(SPEC, image("'Healthcheck':{'Interval':5}"))).isEmpty();
        assertThat(HealthPlan.of(SPEC, image("'Healthcheck':{'Test':['NONE']}")))
                .isEmpty();
        assertThat(HealthPlan.of(SPEC, image("'Healthcheck':{'Test':['HTTP','/']}")))
                .isEmpty();
        assertThat(plan("", Healthcheck.ofImage())).isEmpty();
        assertThat(plan("'Healthcheck':{'Test':['CMD','x']}", Healthcheck.none()))
                .isEmpty();
        assertThat(plan("'Healthcheck':{'Test':['NONE']}", Healthcheck.command("x")))
                .isPresent();
    }

    @Test
    void senselessNumbersOfAnImageAreDefaultsOrBounded() {
        String senseless = "'Healthcheck':{'Test':['CMD','x'],'Interval':1,'Timeout':-5,'StartPeriod':-1,'Retries':-3}";

        assertThat(HealthPlan.of(SPEC, image(senseless)))
                .contains(new HealthPlan(
                        List.of("x"),
                        Duration.ofMillis(1),
                        Duration.ofSeconds(30),
                        Duration.ZERO,
                        Duration.ofSeconds(5),
                        3));
        assertThat(
                        HealthPlan.of(
                                SPEC,
                                image(
                                        "'Healthcheck':{'Test':['CMD','x'],'Interval':9223372036854775807,'Retries':4294967296}")))
                .contains(new HealthPlan(
                        List.of("x"),
                        Duration.ofNanos(Long.MAX_VALUE),
                        Duration.ofSeconds(30),
                        Duration.ZERO,
                        Duration.ofSeconds(5),
                        Integer.MAX_VALUE));
    }

    private static HealthPlan plan(Duration startPeriod) {
        return new HealthPlan(
                List.of("x"), Duration.ofSeconds(30), Duration.ofSeconds(30), startPeriod, Duration.ofSeconds(5), 3);
    }

    @Test
    void asManyFailuresInARowAsThereAreRetriesAreUnhealthy() {
        HealthPlan plan = plan(Duration.ZERO);

        assertThat(after(plan, 30, 1, 60, 1).status()).isEqualTo(Health.Status.STARTING);
        assertThat(after(plan, 30, 1, 60, 2, 90, -1).status()).isEqualTo(Health.Status.UNHEALTHY);
        assertThat(after(plan, 30, 1, 60, 2, 90, -1).failingStreak()).isEqualTo(3);
        assertThat(after(plan, 30, 1, 60, 1, 90, 0, 120, 1, 150, 1).status()).isEqualTo(Health.Status.HEALTHY);
        assertThat(after(plan, 30, 0, 60, 1, 90, 1, 120, 1).status()).isEqualTo(Health.Status.UNHEALTHY);
    }

    @Test
    void oneSuccessIsHealthyWhateverWasBefore() {
        Health health = after(plan(Duration.ZERO), 1, 1, 2, 1, 3, 1, 4, 1, 5, 0);

        assertThat(health.status()).isEqualTo(Health.Status.HEALTHY);
        assertThat(health.failingStreak()).isZero();
    }

    @Test
    void failuresInTheStartPeriodDoNotCountUntilASuccess() {
        HealthPlan plan = plan(Duration.ofSeconds(60));

        assertThat(after(plan, 5, 1, 10, 1, 15, 1, 59, 1))
                .extracting(Health::status, Health::failingStreak)
                .containsExactly(Health.Status.STARTING, 0);
        assertThat(after(plan, 59, 1, 60, 1, 90, 1, 120, 1).status()).isEqualTo(Health.Status.UNHEALTHY);
        assertThat(after(plan, 5, 0, 35, 1))
                .extracting(Health::status, Health::failingStreak)
                .containsExactly(Health.Status.HEALTHY, 1);
        assertThat(after(plan, 5, 0, 6, 1, 7, 1, 8, 1).status()).isEqualTo(Health.Status.UNHEALTHY);
    }

    @Test
    void lastFiveResultsAreKept() {
        assertThat(after(plan(Duration.ZERO), 1, 11, 2, 12, 3, 13, 4, 14, 5, 15, 6, 16, 7, 17)
                        .results())
                .extracting(Health.Result::exitCode)
                .containsExactly(13, 14, 15, 16, 17);
    }

    @Test
    void intervalIsShorterInTheStartPeriodUntilASuccess() {
        HealthPlan plan = plan(Duration.ofSeconds(60));

        assertThat(plan.delay(Health.Status.STARTING, Duration.ZERO)).isEqualTo(Duration.ofSeconds(5));
        assertThat(plan.delay(Health.Status.STARTING, Duration.ofSeconds(60))).isEqualTo(Duration.ofSeconds(30));
        assertThat(plan.delay(Health.Status.HEALTHY, Duration.ofSeconds(10))).isEqualTo(Duration.ofSeconds(30));
        assertThat(plan(Duration.ZERO).delay(Health.Status.STARTING, Duration.ZERO))
                .isEqualTo(Duration.ofSeconds(30));
    }
}
