package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.InterruptionException;
import io.bivouac.engine.Wait;
import io.bivouac.fixtures.FixtureImages;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever waits for anything can be interrupted, as a test with a time-out is: it hears so soon, and nothing is left behind. */
class InterruptionTests {
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final long SECONDS = 20;
    private static final ContainerSpec SLEEPER =
            ContainerSpec.of("busybox:1").withName("c").withCommand("sleep", "100000");

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    @SuppressWarnings("NullAway.Init") // made before each test
    private Engine engine;

    @BeforeEach
    void open() {
        engine = Engine.open(EngineOptions.defaults()
                .withStore(folder.resolve("store"))
                .withImages(List.of(FixtureImages.busybox())));
        engine.start(SLEEPER).close();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    /** Runs it on a thread that is interrupted as soon as it waits: what it throws. */
    private static Throwable interrupted(Runnable blocking) throws Exception {
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                blocking.run();
                thrown.complete(new AssertionError("it was not interrupted"));
            } catch (RuntimeException e) {
                thrown.complete(
                        Thread.currentThread().isInterrupted() ? e : new AssertionError("the status is lost", e));
            }
        });
        thread.start();
        await().atMost(Duration.ofSeconds(SECONDS))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> thrown.isDone() || waits(thread));
        thread.interrupt();
        return thrown.get(SECONDS, TimeUnit.SECONDS);
    }

    /** In a system call, or parked: twice in a row at the same place of ours, which is not that of a start on a busy host. */
    private static boolean waits(Thread thread) throws InterruptedException {
        List<StackTraceElement> first = List.of(thread.getStackTrace());
        TimeUnit.MILLISECONDS.sleep(30);
        return !first.isEmpty()
                && first.equals(List.of(thread.getStackTrace()))
                && first.stream().noneMatch(InterruptionTests::isStart);
    }

    /** Of a container, or of a command in one. */
    private static boolean isStart(StackTraceElement frame) {
        return frame.getMethodName().equals("launch")
                || (frame.getClassName().endsWith(".WardenClient")
                        && frame.getMethodName().equals("exec"));
    }

    private void assertInterrupted(String message, Runnable blocking) throws Exception {
        assertThat(interrupted(blocking))
                .isInstanceOf(InterruptionException.class)
                .hasMessage(message + ": the thread was interrupted.");
    }

    @Test
    void startThatIsNeverReady() throws Exception {
        ContainerSpec never = SLEEPER.withWait(Wait.forLog("never")).withStartupTimeout(LONG);
        assertInterrupted("Waiting for the container c (image busybox:1) to be ready ended", () -> engine.start(never));
        ContainerSpec port = SLEEPER.withPorts(80).withStartupTimeout(LONG);
        assertInterrupted("Waiting for the container c (image busybox:1) to be ready ended", () -> engine.start(port));
        assertNothingIsLeft();
    }

    @Test
    void startWhoseReadinessCommandNeverEnds() throws Exception {
        ContainerSpec never =
                SLEEPER.withWait(Wait.forCommand("sleep", "100000")).withStartupTimeout(LONG);
        assertInterrupted(
                "Running [sleep, 100000] in the container c (image busybox:1) ended", () -> engine.start(never));
        assertNothingIsLeft();
    }

    @Test
    void startWhoseReadinessCommandNeverSucceeds() throws Exception {
        ContainerSpec never = SLEEPER.withWait(Wait.forCommand("false")).withStartupTimeout(LONG);
        Throwable thrown = interrupted(() -> engine.start(never));
        // It is between two commands or within one.
        assertThat(thrown).isInstanceOf(InterruptionException.class);
        assertNothingIsLeft();
    }

    @Test
    void startOfSeveral() throws Exception {
        ContainerSpec never = SLEEPER.withWait(Wait.forLog("never")).withStartupTimeout(LONG);
        assertInterrupted(
                "Starting 3 containers ended", () -> engine.startAll(List.of(never, SLEEPER.withName("d"), never)));
        assertNothingIsLeft();
    }

    @Test
    void command() throws Exception {
        try (Container container = engine.start(SLEEPER)) {
            assertInterrupted(
                    "Running [sleep, 2222] in the container c (image busybox:1) ended",
                    () -> container.exec("sleep", "2222"));
            InputStream never = InputStream.nullInputStream();
            ExecSpec reading = ExecSpec.of("sh", "-c", "sleep 2222").withStdin(never);
            assertInterrupted(
                    "Running [sh, -c, sleep 2222] in the container c (image busybox:1) ended",
                    () -> container.exec(reading));
            // What was interrupted does not run on.
            await().atMost(Duration.ofSeconds(2))
                    .until(() -> !container.exec("ps").stdout().contains("2222"));
        }
        assertNothingIsLeft();
    }

    @Test
    void endThatIsAwaited() throws Exception {
        try (Container container = engine.start(SLEEPER)) {
            assertInterrupted(
                    "Waiting for the end of the container c (image busybox:1) ended",
                    () -> container.waitForExit(LONG));
            ContainerSpec deaf = ContainerSpec.of("busybox:1")
                    .withName("deaf")
                    .withCommand("sh", "-c", "trap '' TERM; echo deaf; while true; do sleep 1000; done")
                    .withWait(Wait.forLog("deaf"))
                    .withStopTimeout(LONG);
            try (Container stubborn = engine.start(deaf)) {
                assertInterrupted("Stopping the container deaf (image busybox:1) ended", stubborn::stop);
                assertInterrupted("Stopping the container deaf (image busybox:1) ended", stubborn::restart);
                assertThat(stubborn.exec("echo", "alive").stdout()).isEqualTo("alive\n");
            }
        }
        assertNothingIsLeft();
    }

    @Test
    void copyAndCommitOfWhatIsLarge() throws Exception {
        Path large = folder.resolve("large");
        try (OutputStream out = Files.newOutputStream(large)) {
            for (int i = 0; i < 300; i++) {
                out.write(new byte[1 << 20]);
            }
        }
        try (Container container = engine.start(SLEEPER)) {
            assertInterruptedOrDone(
                    "Copying " + large + " to /large in the container c (image busybox:1) failed",
                    () -> container.copyTo(large, "/large"));
            container.copyTo(large, "/large");
            Path out = folder.resolve("out");
            assertInterruptedOrDone(
                    "Copying /large of the container c (image busybox:1) to " + out + " failed",
                    () -> container.copyFrom("/large", out));
            assertInterruptedOrDone(
                    "Taking a snapshot of the container c (image busybox:1) failed", () -> container.commit("large:1"));
            assertThat(container.exec("echo", "thawed").stdout()).isEqualTo("thawed\n");
            assertThat(container.diff()).isNotEmpty();
        }
        assertNothingIsLeft();
    }

    @Test
    void unpackingAndLoading() throws Exception {
        Path store = folder.resolve("fresh");
        EngineOptions options = EngineOptions.defaults().withStore(store).withImages(List.of(FixtureImages.postgres()));
        try (Engine fresh = Engine.open(options)) {
            CompletableFuture<Throwable> thrown = new CompletableFuture<>();
            Thread thread = new Thread(() -> {
                try {
                    fresh.start(Engines.postgres());
                } catch (RuntimeException e) {
                    thrown.complete(e);
                }
            });
            thread.start();
            await().pollInterval(Duration.ofMillis(2))
                    .until(() -> !aside(store.resolve("layers")).isEmpty());
            thread.interrupt();
            assertThat(thrown.get(SECONDS, TimeUnit.SECONDS))
                    .isInstanceOf(InterruptionException.class)
                    .hasMessage("Unpacking the image postgres:15 failed: the thread was interrupted.");
            assertThat(aside(store)).isEmpty();

            Path empty = folder.resolve("empty");
            try (Engine loading = Engine.open(EngineOptions.defaults().withStore(empty))) {
                assertInterruptedOrDone(
                        "Loading images from " + FixtureImages.postgres() + " failed",
                        () -> loading.images().load(FixtureImages.postgres()));
                assertThat(aside(empty)).isEmpty();
                assertThat(loading.images().load(FixtureImages.postgres())).hasSize(1);
            }
            assertThat(fresh.start(Engines.postgres()).state()).isEqualTo(ContainerState.RUNNING);
        }
    }

    private static List<Path> aside(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith(".new-"))
                    .toList();
        } catch (UncheckedIOException e) {
            // Something went meanwhile.
            return List.of();
        }
    }

    @Test
    void captureAndTheFirstSession() throws Exception {
        try (Container one = engine.start(SLEEPER);
                Container two = engine.start(SLEEPER.withName("d"))) {
            for (Container each : List.of(one, two)) {
                each.exec("sh", "-c", "dd if=/dev/zero of=/large bs=1M count=100");
            }
            assertInterruptedOrDone(
                    "Capturing 2 containers failed",
                    () -> engine.capsules().capture(List.of(one, two)).close());
            assertThat(one.exec("echo", "thawed").stdout()).isEqualTo("thawed\n");
        }
        assertNothingIsLeft();
        try (Engine cold = Engine.open(EngineOptions.defaults()
                .withStore(folder.resolve("store"))
                .withImages(List.of(FixtureImages.busybox())))) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> cold.start(SLEEPER)).isInstanceOf(InterruptionException.class);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(cold.start(SLEEPER).state()).isEqualTo(ContainerState.RUNNING);
        }
    }

    @Test
    void endsAreNotHeldUp() throws Exception {
        Container container = engine.start(SLEEPER);
        Thread.currentThread().interrupt();
        container.close();
        assertThat(Thread.interrupted()).isTrue();
        assertNothingIsLeft();
        Thread.currentThread().interrupt();
        engine.close();
        assertThat(Thread.interrupted()).isTrue();
        try (Stream<Path> sessions = Files.list(folder.resolve("store/sessions"))) {
            assertThat(sessions).isEmpty();
        }
    }

    /** These need no more than processor and disk: they may be over before the interruption arrives. */
    private static void assertInterruptedOrDone(String message, Runnable blocking) throws Exception {
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                blocking.run();
                thrown.complete(new InterruptionException(message, new InterruptedException()));
            } catch (RuntimeException e) {
                thrown.complete(e);
            }
        });
        thread.start();
        TimeUnit.MILLISECONDS.sleep(20);
        thread.interrupt();
        assertThat(thrown.get(SECONDS, TimeUnit.SECONDS))
                .isInstanceOf(InterruptionException.class)
                .message()
                .endsWith(": the thread was interrupted.");
    }

    private void assertNothingIsLeft() throws Exception {
        assertThat(engine.containers()).isEmpty();
        await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> {
            Footprint footprint = Footprint.of(folder.resolve("store"));
            assertThat(footprint.counts().get("control groups")).isIn(0L, null);
            // Only the session's own record and its pins.
            assertThat(footprint.counts()).containsEntry("folders of the session", 2L);
        });
        try (Container next = engine.start(SLEEPER)) {
            assertThat(next.exec("echo", "works").stdout()).isEqualTo("works\n");
        }
    }
}
