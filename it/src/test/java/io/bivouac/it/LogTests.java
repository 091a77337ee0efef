package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.LogLine;
import io.bivouac.engine.LogSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTests {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final long FLOOD = 100_000_000;

    @Test
    void tellsSourceAndTimeOfEveryLine() throws Exception {
        Instant before = Instant.now();
        List<LogLine> lines = new CopyOnWriteArrayList<>();
        try (Container container = Engines.probe("say", "one", "!two", "drei äöü")) {
            container.waitForExit(SOON);
            try (AutoCloseable follower = container.follow(lines::add)) {
                assertThat(follower).isNotNull();
            }
            assertThat(container.logs()).contains("one\n", "two\n", "drei äöü\n");
        }
        assertThat(lines)
                .extracting(LogLine::source, LogLine::text)
                .containsExactlyInAnyOrder(
                        tuple(LogSource.STDOUT, "one"),
                        tuple(LogSource.STDERR, "two"),
                        tuple(LogSource.STDOUT, "drei äöü"));
        assertThat(lines)
                .allSatisfy(line -> assertThat(line.time())
                        .isBetween(before.minusMillis(10), Instant.now().plusMillis(10)));
    }

    /** A test asserts on the log right after the answer of its server: what was written before that must be there. */
    @Test
    void logHoldsAllThatWasWrittenBeforeItIsAskedFor() {
        ContainerSpec spec =
                ContainerSpec.of("busybox:1").withCommand("sh", "-c", "cat /dev/zero | tr '\\0' x & sleep 1000");
        try (Container flooding = Engines.shared().start(spec);
                Container container = Engines.busybox()) {
            for (int i = 0; i < 200; i++) {
                container.exec("sh", "-c", "echo line " + i + " >/proc/1/fd/1");
                assertThat(container.logs()).endsWith("line " + i + "\n");
            }
            // A container that never stops to write does not hold up whoever asks.
            assertThat(flooding.logs()).endsWith("x");
        }
    }

    @Test
    void followDeliversWhatWasLoggedBeforeThenLive() throws Exception {
        List<String> lines = new CopyOnWriteArrayList<>();
        ContainerSpec spec = ContainerSpec.of("busybox:1")
                .withCommand(
                        "sh", "-c", "echo early; while [ ! -e /go ]; do usleep 1000; done; echo late; printf tail");
        try (Container container = Engines.shared().start(spec)) {
            await().atMost(SOON).until(() -> container.logs().equals("early\n"));
            try (AutoCloseable follower = container.follow(line -> lines.add(line.text()))) {
                assertThat(follower).isNotNull();
                assertThat(lines).containsExactly("early");

                container.exec("touch", "/go");

                container.waitForExit(SOON);
                await().atMost(SOON).until(() -> lines.size() == 3);
                assertThat(lines).containsExactly("early", "late", "tail");
            }
        }
    }

    @Test
    void closedFollowerHearsNothingMore() throws Exception {
        List<String> lines = new CopyOnWriteArrayList<>();
        try (Container container = Engines.sleeper()) {
            container.follow(line -> lines.add(line.text())).close();
            container.signal("USR1");
            await().atMost(SOON).until(() -> container.logs().contains("signal 10"));
        }
        assertThat(lines).containsExactly("sleeping");
    }

    @Test
    void floodIsDrainedWhileNobodyReadsAndTheNewestPartIsKept(@TempDir Path store) throws Exception {
        int limit = 1 << 20;
        try (Engine engine = Engine.open(Engines.options().withStore(store).withLogLimit(limit));
                Container container =
                        engine.start(ContainerSpec.of("probe:1").withCommand("flood", Long.toString(FLOOD)))) {
            assertThat(container.waitForExit(Duration.ofMinutes(2)).code()).isZero();

            assertThat(logSize(store, container)).isLessThan(limit * 3L / 2);
            String logs = container.logs();
            assertThat(logs).startsWith("[earlier output is left out: the log keeps the newest part]\n");
            List<String> lines = logs.lines().toList();
            assertThat(lines.get(lines.size() - 1)).startsWith(String.format("%020d ", FLOOD / 100 - 1));
            // From the first whole line on none is missing.
            long first = Long.parseLong(lines.get(2).substring(0, 20));
            assertThat(lines.size() - 2).isEqualTo((int) (FLOOD / 100 - first));
        }
    }

    private static long logSize(Path store, Container container) throws Exception {
        try (Stream<Path> sessions = Files.list(store.resolve("sessions"))) {
            Path session = sessions.filter(Files::isDirectory).findFirst().orElseThrow();
            try (Stream<Path> files =
                    Files.list(session.resolve(container.id().substring(0, 12)).resolve("logs"))) {
                long size = 0;
                for (Path file : files.toList()) {
                    size += Files.size(file);
                }
                return size;
            }
        }
    }

    @Test
    void everyLineOfTwentyFloodsArrives() throws Exception {
        List<Container> containers = Engines.shared()
                .startAll(Stream.generate(() -> ContainerSpec.of("probe:1").withCommand("flood", "2000000"))
                        .limit(20)
                        .toList());
        try {
            for (Container container : containers) {
                container.waitForExit(Duration.ofMinutes(2));
                assertThat(container.logs().lines().count()).isEqualTo(20_000);
            }
        } finally {
            containers.forEach(Container::close);
        }
    }
}
