package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.Capsule;
import io.bivouac.engine.Capsules;
import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.Engine;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.Failure;
import io.bivouac.engine.LogLine;
import io.bivouac.engine.LogSource;
import io.bivouac.engine.Wait;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Containers whose first process has a terminal. */
@Timeout(120)
class TerminalTests {
    private static final Duration SOON = Duration.ofSeconds(20);

    private static ContainerSpec shell(String script) {
        return ContainerSpec.of("busybox:1").withTty().withCommand("sh", "-c", script);
    }

    /** What it has printed when it has ended. */
    private static String said(ContainerSpec spec) {
        try (Container container = Engines.shared().start(spec)) {
            container.waitForExit(SOON);
            return container.logs();
        }
    }

    @Test
    void firstProcessHasATerminalOfItsOwn() {
        String script = "tty; stty size; echo $TERM; test -t 0 && test -t 1 && test -t 2 && echo all;"
                + " echo console > /dev/console; echo tty > /dev/tty; ls /dev/pts";

        assertThat(said(shell(script)))
                .isEqualTo("/dev/pts/0\r\n24 80\r\nxterm\r\nall\r\nconsole\r\ntty\r\n0     ptmx\r\n");
    }

    @Test
    void withoutOneThereIsNoTerminal() {
        ContainerSpec spec = ContainerSpec.of("busybox:1")
                .withCommand("sh", "-c", "tty; echo ${TERM-none}; ls /dev/console 2>&1; cat; echo over");

        assertThat(said(spec)).isEqualTo("not a tty\nnone\nls: /dev/console: No such file or directory\nover\n");
    }

    @Test
    void terminalIsTheUsersAlsoBehindAnInit() {
        ContainerSpec spec = shell("stat -c %U /dev/pts/0 /dev/console; test -w /dev/console && echo mine")
                .withUser("tester")
                .withInit();

        assertThat(said(spec)).isEqualTo("tester\r\ntester\r\nmine\r\n");
    }

    @Test
    void imageDecidesAboutItsKind() {
        assertThat(said(shell("echo $TERM").withEnv("TERM", "dumb"))).isEqualTo("dumb\r\n");
    }

    @Test
    void everythingIsLoggedAsOneStreamOfWholeLines() throws Exception {
        List<LogLine> lines = new CopyOnWriteArrayList<>();
        try (Container container = Engines.shared().start(shell("echo out; echo err >&2"))) {
            container.waitForExit(SOON);
            container.follow(lines::add).close();
        }
        assertThat(lines)
                .extracting(LogLine::source, LogLine::text)
                .containsExactly(tuple(LogSource.STDOUT, "out"), tuple(LogSource.STDOUT, "err"));
    }

    @Test
    void nothingIsLostAtTheEnd() {
        ContainerSpec spec = ContainerSpec.of("probe:1").withTty().withCommand("flood", "2000000");

        assertThat(said(spec).lines().count()).isEqualTo(20_000);
    }

    @Test
    void logHoldsAllThatWasWrittenBeforeItIsAskedFor() {
        ContainerSpec flood = shell("cat /dev/zero | tr '\\0' x & sleep 1000");
        try (Container flooding = Engines.shared().start(flood);
                Container container = Engines.shared().start(shell("sleep 1000"))) {
            for (int i = 0; i < 200; i++) {
                container.exec("sh", "-c", "echo line " + i + " > /dev/console");
                assertThat(container.logs()).endsWith("line " + i + "\r\n");
            }
            // A container that never stops to write does not hold up whoever asks.
            assertThat(flooding.logs()).endsWith("x");
        }
    }

    @Test
    void whoReadsWaitsUntilTheEnd() {
        try (Container container = Engines.shared().start(shell("echo before; read line; echo after"))) {
            await().atMost(SOON).until(() -> container.logs().equals("before\r\n"));
            assertThat(container
                            .exec("sh", "-c", "cat /proc/1/stat | cut -d ' ' -f 3")
                            .stdout())
                    .isEqualTo("S\n");
            assertThat(container.state()).isEqualTo(ContainerState.RUNNING);

            container.kill();

            assertThat(container.waitForExit(SOON).code()).isEqualTo(137);
            assertThat(container.logs()).isEqualTo("before\r\n");
        }
    }

    /** Its end would be a signal to hang up, and nobody could write to the console any more. */
    @Test
    void terminalOutlivesThoseWhoCloseIt() {
        ContainerSpec spec =
                shell("trap 'echo hung up > /dev/console' HUP; exec < /dev/null > /dev/null 2>&1; touch /closed;"
                        + " while :; do sleep 1; done");
        try (Container container = Engines.shared().start(spec.withWait(Wait.forCommand("test", "-e", "/closed")))) {
            container.exec("sh", "-c", "echo one > /dev/console");
            await().atMost(SOON).until(() -> container.logs().equals("one\r\n"));
            container.exec("sh", "-c", "echo two > /dev/console");

            assertThat(container.logs()).isEqualTo("one\r\ntwo\r\n");
            assertThat(container.state()).isEqualTo(ContainerState.RUNNING);
        }
    }

    @Test
    void commandsHaveTheirOwn() {
        try (Container container = Engines.shared().start(shell("sleep 1000"))) {
            assertThat(container.exec("sh", "-c", "tty; echo ${TERM-none}").stdout())
                    .isEqualTo("not a tty\nnone\n");
            assertThat(container.exec(ExecSpec.of("tty").withTerminal(80, 24)).stdout())
                    .isEqualTo("/dev/pts/1\r\n");
        }
    }

    @Test
    void restartGivesANewOneAndNoImageHasIt() {
        Engine engine = Engines.shared();
        try (Container container = engine.start(shell("tty; sleep 1000").withStopTimeout(Duration.ZERO))) {
            await().atMost(SOON).until(() -> container.logs().equals("/dev/pts/0\r\n"));
            container.restart();
            await().atMost(SOON).until(() -> container.logs().equals("/dev/pts/0\r\n/dev/pts/0\r\n"));

            assertThat(container.diff()).isEmpty();
            container.commit("terminal/committed:1");
        }
        try {
            assertThat(said(shell("tty; ls /dev").withImage("terminal/committed:1")))
                    .startsWith("/dev/pts/0\r\nconsole ");
        } finally {
            engine.images().remove("terminal/committed:1");
        }
    }

    @Test
    void replayedContainerHasOneToo(@TempDir Path folder) {
        Capsules capsules = Engines.shared().capsules();
        Capsule capsule;
        try (Container container =
                Engines.shared().start(shell("tty; sleep 1000").withWait(Wait.forLog("/dev/pts/0")))) {
            capsule = capsules.write(
                    capsules.capture(List.of(container)),
                    Failure.of("a.Test", "it fails", new IllegalStateException("broken")),
                    folder.resolve("capsule"));
            assertThat(capsule.containers().get(0).logs()).isEqualTo("/dev/pts/0\r\n");
        }
        try (Container replayed = capsules.replay(capsules.read(capsule.path())).get(0)) {
            assertThat(replayed.spec().tty()).isTrue();
            assertThat(replayed.logs()).contains("/dev/pts/0\r\n");
        }
    }

    @Test
    void foldersOfTheHostsAtDevAreToldFromTheConsole(@TempDir Path folder) throws Exception {
        Files.createDirectory(folder.resolve("console"));
        ContainerSpec spec = shell("tty").withName("c").withBind(folder, "/dev");

        assertThatThrownBy(() -> Engines.shared().start(spec))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Starting the container c (image busybox:1) failed: its terminal cannot be mounted at"
                        + " /dev/console: what a mount has there is neither a file nor a device.");
    }
}
