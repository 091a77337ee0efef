package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.ExecResult;
import io.bivouac.engine.Wait;
import io.bivouac.fixtures.FixtureImages;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Many at once, many one after the other: nothing grows, nothing is lost, nothing hangs. */
@Isolated
@Tag("root")
class StressTests {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final ContainerSpec SLEEPER = ContainerSpec.of("probe:1");

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    @SuppressWarnings("NullAway.Init") // made before each test
    private Engine engine;

    @BeforeEach
    void open() {
        engine = Engine.open(options());
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private EngineOptions options() {
        return EngineOptions.defaults()
                .withStore(folder)
                .withImages(List.of(FixtureImages.probe(), FixtureImages.busybox()));
    }

    private void once() {
        try (Container container = engine.start(ContainerSpec.of("busybox:1")
                .withCommand("sh", "-c", "echo out; echo err >&2; sleep 1000")
                .withPorts(80)
                .withWait(Wait.forLog("out")))) {
            assertThat(container.exec("cat", "/etc/hostname").exitCode()).isZero();
            container.copyTo(new byte[10], "/file", 0644);
        }
    }

    private Footprint rest() throws Exception {
        // Whoever reads the last report of a monitor takes a moment; one worker waits for the next start, and one for
        // the next
        // request of any kind.
        await().atMost(SOON).until(() -> {
            Footprint footprint = Footprint.of(folder);
            return footprint.count("processes bivouac-monitor") == 0
                    && footprint.count("processes bivouac-worker") == 2;
        });
        return Footprint.of(folder);
    }

    @Test
    void twoThousandStartsLeaveNothingToGrow() throws Exception {
        for (int i = 0; i < 300; i++) {
            once();
        }
        Footprint before = rest();
        for (int i = 0; i < 2000; i++) {
            once();
        }
        Footprint after = rest();

        assertSameCounts(after, before);
        assertThat(after.memory()).isLessThanOrEqualTo(before.memory() + 200);
    }

    @Test
    void threeHundredContainersAreAliveAtOnce() throws Exception {
        engine.start(SLEEPER).close();
        Footprint before = rest();
        List<Container> alive = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            alive.add(engine.start(SLEEPER.withEnv("NUMBER", Integer.toString(i))));
        }
        for (int i = 0; i < alive.size(); i++) {
            assertThat(alive.get(i).exec("/probe", "env", "NUMBER").stdout()).isEqualTo(i + "\n");
        }
        assertThat(engine.containers()).hasSize(300);
        alive.forEach(Container::close);

        assertSameCounts(rest(), before);
    }

    /** The JVM's own descriptors come and go with its threads and its collector: they may only not add up. */
    private static void assertSameCounts(Footprint after, Footprint before) {
        String ofJvm = "descriptors of the JVM";
        long growth = after.count(ofJvm) - before.count(ofJvm);
        assertThat(growth).isLessThan(20);
        assertThat(after.counts()).containsExactlyInAnyOrderEntriesOf(before.with(ofJvm, after.count(ofJvm)));
    }

    @Test
    void manyThreadsStartAndCloseAtRandom() throws Exception {
        once();
        Footprint before = rest();
        int threads = 64;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("bivouac.it.stress.seconds", 60));
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        AtomicInteger started = new AtomicInteger();
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                Random random = new Random(i);
                all.add(pool.submit(() -> {
                    while (System.nanoTime() < end) {
                        atRandom(random);
                        started.incrementAndGet();
                    }
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(started.get()).isGreaterThan(threads);
        assertThat(engine.containers()).isEmpty();
        assertSameCounts(rest(), before);
    }

    private void atRandom(Random random) {
        boolean ports = random.nextBoolean();
        try (Container container =
                engine.start(ports ? SLEEPER.withCommand("echo", "80").withPorts(80) : SLEEPER)) {
            switch (random.nextInt(6)) {
                case 0 ->
                    assertThat(container.exec("/probe", "exit", "3").exitCode()).isEqualTo(3);
                case 1 -> {
                    container.pause();
                    if (random.nextBoolean()) {
                        container.resume();
                    }
                }
                case 2 -> container.kill();
                case 3 -> container.restart();
                case 4 -> assertThat(container.diff()).isEmpty();
                default -> assertThat(container.logs()).isNotNull();
            }
        }
    }

    @Test
    void containerOfTwoThousandProcessesEndsAtOnce() {
        ContainerSpec spec = ContainerSpec.of("busybox:1")
                .withCommand("sh", "-c", "i=0; while [ $i -lt 2000 ]; do sleep 1000 & i=$((i+1)); done; echo all; wait")
                .withWait(Wait.forLog("all"));
        try (Container container = engine.start(spec)) {
            ExecResult processes = container.exec("sh", "-c", "ls -d /proc/[0-9]* | wc -l");
            assertThat(Integer.parseInt(processes.stdout().strip())).isGreaterThan(2000);
            container.pause();
            container.resume();
            container.kill();
            assertThat(container.waitForExit(SOON).code()).isEqualTo(137);
        }
    }

    @Test
    void outputOfTwentyContainersIsDrainedWhileOthersStart() {
        List<Container> flooding = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            flooding.add(engine.start(SLEEPER.withCommand("flood", "50000000")));
        }
        for (int i = 0; i < 20; i++) {
            once();
        }
        for (Container container : flooding) {
            assertThat(container.waitForExit(Duration.ofMinutes(2)).code()).isZero();
            // The number of the last line of 100 bytes.
            assertThat(container.logs()).contains("00000000000000499999 ");
            container.close();
        }
    }

    /** Whatever a start is at when its engine is closed, it ends with an answer, and its session with nothing left. */
    @RepeatedTest(10)
    void startsRaceWithTheCloseOfTheirEngine() throws Exception {
        Engine racing = Engine.open(options());
        int threads = 8;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        CountDownLatch ready = new CountDownLatch(threads);
        try {
            List<Future<Integer>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                all.add(pool.submit(() -> startUntilClosed(racing, ready)));
            }
            ready.await();
            racing.close();
            for (Future<Integer> each : all) {
                assertThat(each.get(30, TimeUnit.SECONDS)).isPositive();
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(racing.containers()).isEmpty();
        Footprint after = Footprint.of(folder);
        assertThat(after.counts()).doesNotContainKeys("processes bivouac-guard", "processes bivouac-monitor");
    }

    private static int startUntilClosed(Engine engine, CountDownLatch ready) {
        for (int started = 1; ; started++) {
            try {
                Container container = engine.start(SLEEPER);
                ready.countDown();
                if (started % 3 != 0) {
                    container.close();
                }
            } catch (BivouacException e) {
                assertThat(e).message().isNotBlank().doesNotContain("null");
                return started;
            }
        }
    }
}
