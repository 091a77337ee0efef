package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.Capsule;
import io.bivouac.engine.Capture;
import io.bivouac.engine.CapturedContainer;
import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Failure;
import io.bivouac.engine.Health;
import io.bivouac.engine.Healthcheck;
import io.bivouac.engine.Image;
import io.bivouac.engine.Wait;
import io.bivouac.fixtures.FixtureImages;
import io.bivouac.junit.Provision;
import io.bivouac.junit.WaitFor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HealthTests {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Duration OFTEN = Duration.ofMillis(5);

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private static ContainerSpec sh(String script) {
        return ContainerSpec.of("busybox:1")
                .withName("checked")
                .withCommand("sh", "-c", script)
                .withStopTimeout(Duration.ofMillis(50));
    }

    private static Healthcheck often(String line) {
        return Healthcheck.shell(line).withInterval(OFTEN);
    }

    private static ContainerSpec sleeper(Healthcheck check) {
        return sh("sleep 100000").withHealthcheck(check);
    }

    private static Container start(ContainerSpec spec) {
        return Engines.shared().start(spec);
    }

    private static Health health(Container container) {
        return container.health().orElseThrow();
    }

    private static Health.Result lastResult(Container container) {
        await().atMost(SOON).until(() -> health(container).last().isPresent());
        return health(container).last().orElseThrow();
    }

    private static void awaitStatus(Container container, Health.Status status) {
        await().atMost(SOON).until(() -> health(container).status() == status);
    }

    /** Long enough for many checks. */
    private static void assertNothingIsChecked(Container container) {
        Health before = health(container);
        await().pollDelay(Duration.ofMillis(150)).until(() -> true);
        assertThat(health(container)).isEqualTo(before);
    }

    @AfterEach
    void nothingIsLeftOfAFailedStart() {
        assertThat(Engines.shared().containers()).extracting(Container::name).doesNotContain("checked");
    }

    @Test
    void startedIsHealthyWhereThatIsWaitedFor() {
        ContainerSpec spec = sh("usleep 150000; touch /ready; sleep 100000")
                .withHealthcheck(often("test -e /ready").withRetries(1_000_000))
                .withWait(Wait.forHealthcheck());

        try (Container container = start(spec)) {
            assertThat(container.exec("test", "-e", "/ready").exitCode()).isZero();
            assertThat(health(container).status()).isEqualTo(Health.Status.HEALTHY);
        }
    }

    @Test
    void containerWithoutAHealthcheckHasNoHealth() {
        try (Container container = start(sh("sleep 100000"));
                Container unchecked = start(sleeper(Healthcheck.none()))) {
            assertThat(container.health()).isEmpty();
            assertThat(unchecked.health()).isEmpty();
        }
    }

    @Test
    void waitForTheHealthOfWhatIsNotCheckedIsRefused() {
        String message =
                "Starting the container checked (image busybox:1) failed: it waits for a healthy check and has no"
                        + " healthcheck. Give it one with withHealthcheck, or wait for something else.";
        ContainerSpec spec = sh("sleep 100000").withWait(Wait.forLog("never")).withWait(Wait.forHealthcheck());

        assertThatThrownBy(() -> start(spec))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> start(spec.withHealthcheck(Healthcheck.none())))
                .hasMessage(message);
        assertThatThrownBy(() -> start(spec.withHealthcheck(Healthcheck.ofImage())))
                .hasMessage(message);
    }

    @Test
    void unhealthyFailsTheStartAtOnceWithTheLastOutput() {
        ContainerSpec spec = sh("echo up; sleep 100000")
                .withHealthcheck(
                        often("echo no answer; echo from db >&2; exit 3").withRetries(2))
                .withWait(Wait.forHealthcheck())
                .withStartupTimeout(Duration.ofMinutes(5));

        assertThatThrownBy(() -> start(spec))
                .isInstanceOf(ContainerException.class)
                .hasMessageMatching(
                        "(?s)The container checked \\(image busybox:1\\) is unhealthy: 2 checks in a row have"
                                + " failed\\. The last one exited with code 3:\n"
                                + "(  no answer\n  from db|  from db\n  no answer)\nIts last log lines:\n  up");
    }

    @Test
    void exitBeforeHealthyFailsTheStartAtOnce() {
        ContainerSpec spec = sh("usleep 100000; echo gone; exit 7")
                .withHealthcheck(often("sleep 100").withRetries(1))
                .withWait(Wait.forHealthcheck());

        assertThatThrownBy(() -> start(spec))
                .isInstanceOf(ContainerException.class)
                .hasMessage(
                        "The container checked (image busybox:1) exited before it was ready, with code 7. Its last log lines:\n"
                                + "  gone");
    }

    @Test
    void whatDoesNotBecomeHealthyInTimeIsNotReady() {
        ContainerSpec unchecked = sleeper(Healthcheck.shell("true"))
                .withWait(Wait.forHealthcheck())
                .withStartupTimeout(Duration.ofMillis(300));
        ContainerSpec failing = sleeper(often("exit 9").withRetries(1_000_000))
                .withWait(Wait.forHealthcheck().withTimeout(Duration.ofSeconds(2)));

        assertThatThrownBy(() -> start(unchecked))
                .isInstanceOf(ContainerException.class)
                .hasMessage(
                        "The container checked (image busybox:1) was not ready after 0.3 s: waited for a healthy check."
                                + " No check has ended yet. It logged nothing.");
        assertThatThrownBy(() -> start(failing))
                .hasMessage(
                        "The container checked (image busybox:1) was not ready after 2 s: waited for a healthy check."
                                + " The last one exited with code 9, and wrote nothing. It logged nothing.");
    }

    @Test
    void checkThatTakesTooLongIsKilledAndHasFailed() {
        String line = "echo begun; echo $$ >> /pids; sleep 4321 & echo $! >> /pids; wait";
        Healthcheck check = often(line).withTimeout(Duration.ofMillis(300)).withRetries(1);

        // Somebody must reap what the check has left.
        try (Container container = start(sleeper(check).withInit())) {
            Health.Result result = lastResult(container);

            assertThat(result.exitCode()).isEqualTo(-1);
            assertThat(result.output())
                    .isEqualTo("The command [/bin/sh, -c, " + line + "] in the container checked (image busybox:1) was"
                            + " killed: it took longer than 300 ms.\nbegun\n");
            assertThat(health(container).status()).isEqualTo(Health.Status.UNHEALTHY);
            String gone = "for pid in $(head -n 2 /pids); do ! kill -0 $pid || exit 1; done";
            await().atMost(SOON).until(() -> container.exec("sh", "-c", gone).exitCode() == 0);
        }
    }

    @Test
    void checkThatIsNotThereHasFailedAndSaysSo() {
        try (Container container =
                start(sleeper(Healthcheck.command("/no/such/check").withInterval(OFTEN)))) {
            awaitStatus(container, Health.Status.UNHEALTHY);

            assertThat(lastResult(container).exitCode()).isEqualTo(-1);
            assertThat(lastResult(container).output())
                    .isEqualTo("Running [/no/such/check] in the container checked (image busybox:1) failed: the command"
                            + " '/no/such/check' does not exist in the image, or the interpreter it names does not.");
        }
    }

    @Test
    void outputIsCutAtFourThousandNinetySixBytes() {
        try (Container container = start(sleeper(often("yes | head -c 100000")))) {
            assertThat(lastResult(container).output()).isEqualTo("y\n".repeat(2048) + "...");
            assertThat(lastResult(container).exitCode()).isZero();
        }
    }

    @Test
    void healthFollowsTheContainerBothWays() {
        try (Container container = start(sleeper(often("test ! -e /ill").withRetries(2)))) {
            awaitStatus(container, Health.Status.HEALTHY);

            container.exec("touch", "/ill");
            awaitStatus(container, Health.Status.UNHEALTHY);
            assertThat(health(container).failingStreak()).isGreaterThanOrEqualTo(2);

            container.exec("rm", "/ill");
            awaitStatus(container, Health.Status.HEALTHY);
            assertThat(health(container).failingStreak()).isZero();
            await().atMost(SOON).until(() -> health(container).results().size() == 5);
        }
    }

    @Test
    void failuresInTheStartPeriodDoNotCount() {
        Healthcheck check = Healthcheck.shell("test -e /ready")
                .withStartPeriod(Duration.ofMinutes(5))
                .withStartInterval(OFTEN)
                .withRetries(1);

        try (Container container = start(sleeper(check))) {
            await().atMost(SOON).until(() -> health(container).results().size() == 5);
            assertThat(health(container))
                    .extracting(Health::status, Health::failingStreak)
                    .containsExactly(Health.Status.STARTING, 0);

            container.exec("touch", "/ready");
            awaitStatus(container, Health.Status.HEALTHY);
        }
    }

    @Test
    void checkRunsAsTheContainersUserWithItsEnvironmentAndDirectory() {
        ContainerSpec spec = sleeper(often("id -u; echo $COLOR; pwd"))
                .withUser("tester")
                .withEnv("COLOR", "green")
                .withWorkingDir("/tmp");

        try (Container container = start(spec)) {
            assertThat(lastResult(container).output()).isEqualTo("1000\ngreen\n/tmp\n");
        }
    }

    @Test
    void nothingIsCheckedWhilePaused() {
        try (Container container = start(sleeper(often("true")))) {
            awaitStatus(container, Health.Status.HEALTHY);

            container.pause();
            assertNothingIsChecked(container);
            Instant resumed = Instant.now();
            container.resume();

            await().atMost(SOON)
                    .until(() -> health(container).last().orElseThrow().start().isAfter(resumed));
            assertThat(health(container).failingStreak()).isZero();
        }
    }

    @Test
    void checkUnderWayIsKilledByAPauseAndCountsForNothing() {
        try (Container container =
                start(sleeper(often("touch /checking; sleep 4322").withRetries(1)))) {
            await().atMost(SOON)
                    .until(() -> container.exec("test", "-e", "/checking").exitCode() == 0);

            container.pause();
            container.resume();

            assertThat(health(container)).isEqualTo(new Health(Health.Status.STARTING, 0, List.of()));
        }
    }

    @Test
    void restartBeginsAnewAndIsWaitedFor() {
        // A restart makes a new /dev/shm; a file of the user space is still there when the first check looks
        ContainerSpec spec = sh("usleep 100000; touch /dev/shm/ready; sleep 100000")
                .withHealthcheck(often("test -e /dev/shm/ready").withRetries(1_000_000))
                .withWait(Wait.forHealthcheck());

        try (Container container = start(spec)) {
            Instant before = Instant.now();
            container.restart();

            assertThat(container.exec("test", "-e", "/dev/shm/ready").exitCode())
                    .isZero();
            assertThat(health(container).status()).isEqualTo(Health.Status.HEALTHY);
            assertThat(health(container).results())
                    .allSatisfy(result -> assertThat(result.start()).isAfter(before));
        }
    }

    @Test
    void restartOfAPausedContainerIsChecked() {
        try (Container container = start(sleeper(often("true")))) {
            container.pause();
            container.restart();

            awaitStatus(container, Health.Status.HEALTHY);
        }
    }

    /** Whatever ends a container kills its checks too: that is no finding about it. */
    @Test
    void endIsNoFailureOfACheckUnderWay() {
        for (int i = 0; i < 12; i++) {
            ContainerSpec spec = sleeper(Healthcheck.shell("usleep 3000")
                            .withInterval(Duration.ofMillis(1))
                            .withRetries(1))
                    .withWait(Wait.forHealthcheck());
            try (Container container = start(spec)) {
                if (i % 3 == 0) {
                    container.kill();
                } else if (i % 3 == 1) {
                    container.stop();
                } else {
                    container.signal("KILL");
                    container.waitForExit(SOON);
                }
                assertThat(health(container).status()).isEqualTo(Health.Status.HEALTHY);
                assertNothingIsChecked(container);
            }
        }
    }

    @Test
    void closedWhileItIsCheckedLeavesNothing() {
        for (int i = 0; i < 10; i++) {
            Container container = start(sleeper(Healthcheck.shell("true").withInterval(Duration.ofMillis(1))));
            lastResult(container);
            container.close();
            assertNothingIsChecked(container);
        }
    }

    @Test
    void engineClosedWhileItsContainersAreCheckedLeavesNothing() {
        for (int i = 0; i < 10; i++) {
            Container container;
            try (Engine engine = Engine.open(Engines.options().withStore(folder.resolve("store")))) {
                container = engine.start(sleeper(Healthcheck.shell("true")
                        .withInterval(Duration.ofMillis(1))
                        .withRetries(1)));
                awaitStatus(container, Health.Status.HEALTHY);
            }
            assertThat(health(container).status()).isEqualTo(Health.Status.HEALTHY);
            assertNothingIsChecked(container);
        }
    }

    @Test
    void capsuleTellsTheHealthAndAReplayIsChecked() {
        Healthcheck check = often("echo as ever").withTimeout(Duration.ofSeconds(10));
        Capsule capsule;
        try (Container container = start(sleeper(check).withWait(Wait.forHealthcheck()));
                Capture capture = Engines.shared().capsules().capture(List.of(container))) {
            capsule = Engines.shared()
                    .capsules()
                    .write(capture, new Failure("id", "test", "exception", "stack"), folder.resolve("capsule"));
        }
        CapturedContainer captured = capsule.containers().get(0);
        Health health = captured.health().orElseThrow();
        assertThat(health.status()).isEqualTo(Health.Status.HEALTHY);
        assertThat(health.last().orElseThrow().output()).isEqualTo("as ever\n");
        assertThat(captured.spec().healthcheck()).contains(check);

        Container replayed = Engines.shared().capsules().replay(capsule).get(0);
        try (replayed) {
            assertThat(health(replayed).status()).isEqualTo(Health.Status.HEALTHY);
            assertThat(lastResult(replayed).output()).isEqualTo("as ever\n");
        }
    }

    @Test
    void checkOfTheImageRunsInTheShellOfTheImageUnlessTheSpecificationSaysOtherwise() throws Exception {
        Map<String, ?> run = Map.of(
                "Cmd",
                List.of("sleep", "100000"),
                "Env",
                List.of(ConfiguredImages.PATH),
                "Healthcheck",
                Map.of("Test", List.of("CMD-SHELL", "exit 4"), "Interval", 5_000_000L, "Retries", 1L),
                "Shell",
                List.of("/bin/sh", "-c", "echo given \"$1\"; eval \"$1\"", "own"));
        Image image = Engines.shared()
                .images()
                .load(ConfiguredImages.write(folder.resolve("image"), "health/image:1", run))
                .get(0);
        ContainerSpec spec = ContainerSpec.of(image.id()).withName("checked");
        try (Container container = start(spec);
                Container other = start(spec.withHealthcheck(Healthcheck.shell("exit 5")));
                Container slow =
                        start(spec.withHealthcheck(Healthcheck.ofImage().withRetries(1_000_000)));
                Container unchecked = start(spec.withHealthcheck(Healthcheck.none()))) {
            assertThat(lastResult(container))
                    .extracting(Health.Result::exitCode, Health.Result::output)
                    .containsExactly(4, "given exit 4\n");
            assertThat(health(container).status()).isEqualTo(Health.Status.UNHEALTHY);
            assertThat(lastResult(other))
                    .extracting(Health.Result::exitCode, Health.Result::output)
                    .containsExactly(5, "given exit 5\n");
            await().atMost(SOON).until(() -> health(slow).failingStreak() > 1);
            assertThat(health(slow).status()).isEqualTo(Health.Status.STARTING);
            assertThat(unchecked.health()).isEmpty();
        } finally {
            Engines.shared().images().remove(image.id());
        }
    }

    static class AnnotatedTestCase {
        @Provision(image = "checked/annotated:1", waitFor = @WaitFor(healthcheck = true))
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @Test
        void isHealthy() {
            assertThat(health(container).status()).isEqualTo(Health.Status.HEALTHY);
        }
    }

    @Test
    void annotationWaitsForHealth() throws Exception {
        Map<String, ?> run = Map.of(
                "Cmd",
                List.of("sleep", "100000"),
                "Env",
                List.of(ConfiguredImages.PATH),
                "Healthcheck",
                Map.of("Test", List.of("CMD", "true"), "Interval", 100_000_000L));
        Path layout = ConfiguredImages.write(folder.resolve("image"), "checked/annotated:1", run);

        ExtensionRun.builder(folder.resolve("capsules"), AnnotatedTestCase.class)
                .configurationParameter(EngineOptions.IMAGES, layout.toString())
                .execute()
                .testEvents()
                .assertStatistics(stats -> stats.started(1).succeeded(1));
    }

    /** A start that nobody checks is as fast as it was. */
    @Test
    void startWithoutAHealthcheckLoadsNothingOfIt() throws Exception {
        Path loaded = folder.resolve("loaded");
        try (Child child = new ChildJvm()
                .option("-Xlog:class+load:file=" + loaded)
                .start(
                        OneStart.class,
                        folder.resolve("store").toString(),
                        FixtureImages.busybox().toString(),
                        "busybox:1",
                        "echo",
                        "hi")) {
            assertThat(child.await("started ")).isEqualTo("hi");
            assertThat(child.join()).as(child.output()).isZero();
        }
        assertThat(Files.readAllLines(loaded, StandardCharsets.UTF_8))
                .anyMatch(line -> line.contains("io.bivouac.engine.core.ContainerRun"))
                .noneMatch(line -> line.contains("io.bivouac.engine") && line.contains("Health"));
    }
}
