package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.Change;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.Diagnosis;
import io.bivouac.engine.Engine;
import io.bivouac.engine.ExecResult;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.UnsupportedHostException;
import io.bivouac.engine.Wait;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.core.ConditionTimeoutException;

/** What an engine does while one system call of the warden fails. Together they reach every part of the warden. */
enum FaultScenario {
    /** A session, an image unpacked, a container with all that a start can ask for. */
    START {
        @Override
        void run(FaultRun run) throws IOException {
            Path shared = Files.createDirectories(run.folder().resolve("shared"));
            Path file = Files.writeString(run.folder().resolve("file"), "from the host\n");
            ContainerSpec spec = run.spec("/probe", "echo", "80")
                    .withPorts(80, 81)
                    .withBind(shared, "/shared")
                    .withReadOnlyBind(file, "/etc/file")
                    .withTmpfs("/memory")
                    .withWorkingDir("/new/work")
                    .withUser("1:1")
                    .withWait(Wait.forPort(80));
            run.arm();
            try (Engine engine = run.open();
                    Container container = engine.start(spec)) {
                assertThat(answer(container, 81, "hello")).isEmpty();
                String answer = answer(container, 80, "hello");
                // A connection that fails is broken off, and no other.
                assertThat(answer.isEmpty() ? answer(container, 80, "hello") : answer)
                        .isEqualTo("hello");
                assertThat(container.logs()).isEqualTo("listening\n");
            }
        }
    },
    /** The host looked at: whatever fails is a finding, with what failed as its evidence. */
    DOCTOR {
        @Override
        void run(FaultRun run) {
            run.arm();
            try (Engine engine = run.open()) {
                for (Diagnosis.Finding finding : engine.diagnose().findings()) {
                    if (finding.level() == Diagnosis.Level.MISSING) {
                        throw new UnsupportedHostException("Looking at this host failed: " + finding.evidence() + ".");
                    }
                }
            }
        }
    },
    /** Commands in a running container: fed, with a terminal, one after the other. */
    EXEC {
        @Override
        void run(FaultRun run) {
            run.arm();
            try (Engine engine = run.open();
                    Container container = engine.start(run.sleeper())) {
                ExecResult said = container.exec("/probe", "say", "out", "!err");
                assertThat(said.stdout() + said.stderr()).isEqualTo("out\nerr\n");
                byte[] input = "x".repeat(200_000).getBytes(StandardCharsets.US_ASCII);
                assertThat(container
                                .exec(ExecSpec.of("/probe", "cat").withStdin(input))
                                .stdoutBytes())
                        .isEqualTo(input);
                ExecSpec.TerminalSize size = new ExecSpec.TerminalSize(80, 24);
                String script = "for i in $(seq 200); do [ \"$(stty size)\" = '50 100' ] && break; sleep 0.01; done;"
                        + " read line; stty size; echo $line";
                ExecSpec terminal = ExecSpec.of("/bin/busybox", "sh", "-c", script)
                        .withTerminal(size, resizes -> resizes.accept(new ExecSpec.TerminalSize(100, 50)))
                        .withStdin("go\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(container.exec(terminal).stdout()).endsWith("50 100\r\ngo\r\n");
                assertThat(container.exec("/probe", "exit", "7").exitCode()).isEqualTo(7);
            }
        }
    },
    /** Signalled, paused, resumed, stopped, started again, killed. */
    STATES {
        @Override
        void run(FaultRun run) {
            run.arm();
            try (Engine engine = run.open();
                    Container container = engine.start(run.sleeper())) {
                container.signal("USR1");
                awaitSignal(container);
                container.pause();
                container.resume();
                container.restart();
                container.pause();
                container.kill();
                assertThat(container.state()).isEqualTo(ContainerState.EXITED);
                assertThat(container.waitForExit(Duration.ofSeconds(5)).code()).isEqualTo(137);
            }
        }
    },
    /** On a terminal, beside a PID 1 of ours, with less than a container has by default. */
    INIT {
        @Override
        void run(FaultRun run) {
            run.arm();
            ContainerSpec spec = run.sleeper()
                    .withInit()
                    .withTty()
                    .withReadOnlyRoot()
                    .withNoNewPrivileges()
                    .withUlimit("nofile", 100, 100)
                    .withCapDrop("CHOWN");
            try (Engine engine = run.open();
                    Container container = engine.start(spec)) {
                container.signal("USR1");
                awaitSignal(container);
                container.stop();
                assertThat(container.waitForExit(Duration.ofSeconds(5)).code()).isZero();
            }
        }
    },
    /** Files in and out, what changed, and an image of it, started. */
    FILES {
        @Override
        void run(FaultRun run) throws IOException {
            Path whole = run.folder().resolve("source");
            Path source = Files.createDirectories(whole.resolve("inner"));
            Files.writeString(source.resolve("file"), "content");
            Files.createSymbolicLink(source.resolve("link"), Path.of("file"));
            run.arm();
            try (Engine engine = run.open();
                    Container container = engine.start(run.sleeper())) {
                container.copyTo(whole, "/data");
                container.copyTo(source.resolve("file"), "/made/");
                container.copyTo("bytes".getBytes(StandardCharsets.US_ASCII), "/deep/er/bytes", 0600);
                container.exec(
                        "/bin/busybox",
                        "sh",
                        "-c",
                        "cd /base; b=/bin/busybox; $b rm gone; $b rm -r hidden; $b mkdir hidden; $b ln kept same;"
                                + " $b mkfifo pipe; $b rm -r /whole");
                Path target = run.folder().resolve("target");
                container.copyFrom("/data", target);
                assertThat(target.resolve("inner/file")).hasContent("content");
                container.copyFrom("/deep/er/bytes", target.resolve("bytes"));
                assertThat(container.diff())
                        .contains(
                                new Change(Change.Kind.ADDED, "/deep/er/bytes"),
                                new Change(Change.Kind.DELETED, "/base/gone"),
                                new Change(Change.Kind.DELETED, "/base/hidden/inner"),
                                new Change(Change.Kind.DELETED, "/whole"));
                container.commit("saved:1");
                try (Container again = engine.start(run.sleeper().withImage("saved:1"))) {
                    assertThat(again.exec("/bin/busybox", "cat", "/data/inner/link")
                                    .stdout())
                            .isEqualTo("content");
                    assertThat(again.diff()).isEmpty();
                }
            }
        }
    },
    /** What a session left that was killed with all its keepers, removed by the next one. */
    SWEEP {
        @Override
        void run(FaultRun run) throws IOException, InterruptedException {
            try (Engine engine = run.open()) {
                engine.start(run.sleeper()).pause();
                run.killKeepers();
            }
            List<String> left = run.sessions();
            assertThat(left).isNotEmpty();
            run.arm();
            try (Engine engine = run.open();
                    Container container = engine.start(run.sleeper())) {
                assertThat(container.exec("/probe", "say", "on").stdout()).isEqualTo("on\n");
                await().atMost(Duration.ofSeconds(5))
                        .pollInterval(Duration.ofMillis(2))
                        .untilAsserted(() -> assertThat(run.sessions()).doesNotContainAnyElementsOf(left));
            }
        }
    };

    abstract void run(FaultRun run) throws IOException, InterruptedException;

    private static void awaitSignal(Container container) {
        try {
            await().atMost(Duration.ofSeconds(5))
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> container.logs().contains("signal 10"));
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("the signal did not arrive", e);
        }
    }

    /** What comes back through a published port; nothing when the connection is broken off. */
    private static String answer(Container container, int port, String question) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), container.port(port))) {
            socket.setSoTimeout(5000);
            socket.getOutputStream().write(question.getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        } catch (SocketException e) {
            return "";
        }
    }
}
