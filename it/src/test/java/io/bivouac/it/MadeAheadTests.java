package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.Change;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.fixtures.FixtureImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a session makes before the next start, like what the last container had: /dev after the first one, the root file system too
 * once an image was started twice in a row. Nobody can tell from within, whether or not it was the right guess.
 */
class MadeAheadTests {
    private static final ContainerSpec BUSYBOX =
            ContainerSpec.of("busybox:1").withCommand("sleep", "100000").withStopTimeout(Duration.ZERO);

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    @SuppressWarnings("NullAway.Init") // made before each test
    private Engine engine;

    @BeforeEach
    void open() {
        engine = Engine.open(EngineOptions.defaults()
                .withStore(folder.resolve("store"))
                .withImages(List.of(FixtureImages.busybox(), FixtureImages.probe())));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private List<Path> foldersOfTheSession() throws IOException {
        Path sessions = folder.resolve("store/sessions");
        try (Stream<Path> files = Files.walk(sessions, 2)) {
            return files.filter(file -> sessions.relativize(file).toString().matches("[0-9a-f]{12}/[0-9a-f]{12}"))
                    .toList();
        }
    }

    /** Waits until no start is held up by what is made ahead of it. */
    private void awaitNext(boolean root) {
        await().until(() -> foldersOfTheSession().stream().anyMatch(next -> isNext(next, root)));
    }

    /** Without a log nobody has started on it. The second folder is the overlay's own. */
    private static boolean isNext(Path next, boolean root) {
        return !Files.exists(next.resolve("logs"))
                && Files.isDirectory(next.resolve(root ? "work/work" : "work"))
                && root == Files.exists(next.resolve("work/work"));
    }

    /** Its mounts and devices without the numbers that differ from one container to the next. */
    private static List<String> seenWithin(Container container) {
        String mounts = container.exec("cat", "/proc/self/mountinfo").stdout();
        String devices =
                container.exec("ls", "-lan", "/dev", "/dev/pts", "/dev/shm").stdout();
        Stream<String> mounted = mounts.lines()
                .map(line -> line.replaceFirst("^\\d+ \\d+ \\d+:\\d+ ", "")
                        .replaceAll("[0-9a-f]{12}(?![0-9a-f])", "ID")
                        .replaceFirst("^/\\d+ ", "/N "))
                .sorted();
        Stream<String> listed = devices.lines().map(line -> line.replaceAll(" [A-Z][a-z]{2} +\\d+ +[\\d:]+ ", " "));
        return Stream.concat(mounted, listed).toList();
    }

    @Test
    void nobodyCanTellFromWithin() {
        List<String> made;
        try (Container first = engine.start(BUSYBOX)) {
            made = seenWithin(first);
        }
        assertThat(made).anyMatch(line -> line.contains(" /dev/shm ")).anyMatch(line -> line.contains(" - overlay "));
        awaitNext(false);
        try (Container second = engine.start(BUSYBOX)) {
            assertThat(seenWithin(second)).isEqualTo(made);
            awaitNext(true);
        }
        try (Container third = engine.start(BUSYBOX)) {
            assertThat(seenWithin(third)).isEqualTo(made);
            third.exec("sh", "-c", "echo x > /dev/shm/x; echo y > /y");
            third.restart();
            assertThat(seenWithin(third)).isEqualTo(made);
            assertThat(third.diff()).containsExactly(new Change(Change.Kind.ADDED, "/y"));
        }
    }

    @Test
    void anotherImageThanTheLastTwo() throws Exception {
        String accounts;
        engine.start(BUSYBOX).close();
        awaitNext(false);
        try (Container busybox = engine.start(BUSYBOX)) {
            accounts = busybox.exec("cat", "/etc/passwd").stdout();
        }
        assertThat(accounts).isNotEmpty();
        awaitNext(true);
        try (Container probe = engine.start(ContainerSpec.of("probe:1"))) {
            assertThat(probe.diff()).isEmpty();
            assertThat(probe.exec("/probe", "cat", "/etc/passwd").stdout()).isNotEqualTo(accounts);
            assertThat(probe.exec("/probe", "exit", "7").exitCode()).isEqualTo(7);
            probe.restart();
            assertThat(probe.exec("/probe", "exit", "8").exitCode()).isEqualTo(8);
        }
        awaitNext(false);
        assertThat(foldersOfTheSession()).as("what was made for another image").hasSize(1);
    }

    @Test
    void anotherSizeOfSharedMemory() {
        for (String size : List.of("64", "64", "8", "16", "64")) {
            ContainerSpec spec = BUSYBOX.withShmSize(size + "m");
            try (Container container = engine.start(spec)) {
                String[] facts = container.exec("df", "-m", "/dev/shm").stdout().split("\\s+");
                assertThat(Arrays.asList(facts)).contains(size);
                assertThat(container
                                .exec("sh", "-c", "echo lost > /dev/null; head -c 3 /dev/zero | wc -c")
                                .stdout())
                        .isEqualTo("3\n");
            }
        }
    }

    @Test
    void removedWithTheSession() throws IOException {
        engine.start(BUSYBOX).close();
        awaitNext(false);
        engine.start(BUSYBOX).close();
        awaitNext(true);
        engine.close();
        assertThat(foldersOfTheSession()).isEmpty();
    }
}
