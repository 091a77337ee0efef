package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.ExitStatus;
import io.bivouac.engine.Wait;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ContainerLifecycleTests {
    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void runsTheCommandOfTheImage() {
        try (Container container = Engines.shared().start(ContainerSpec.of("probe:1"))) {
            assertThat(container.state()).isEqualTo(ContainerState.RUNNING);
            assertThat(container.id()).matches("[0-9a-f]{64}");
            assertThat(container.image().references()).containsExactly("probe:1");
        }
    }

    @Test
    void reportsTheExitCode() {
        try (Container container = Engines.probe("exit", "42")) {
            ExitStatus status = container.waitForExit(SOON);

            assertThat(status.code()).isEqualTo(42);
            assertThat(status.signal()).isEmpty();
            assertThat(container.state()).isEqualTo(ContainerState.EXITED);
        }
    }

    @Test
    void reportsTheSignalThatEndedIt() {
        try (Container container = Engines.probe("sleep", "0")) {
            container.signal("KILL");

            ExitStatus status = container.waitForExit(SOON);
            assertThat(status.code()).isEqualTo(137);
            assertThat(status.signal()).isEqualTo(Optional.of("SIGKILL"));
        }
    }

    @Test
    void stopSendsTheStopSignalAndLetsTheContainerEnd() {
        try (Container container = Engines.sleeper()) {
            container.stop();

            assertThat(container.waitForExit(SOON).code()).isZero();
            assertThat(container.logs()).isEqualTo("sleeping\nsignal 15\n");
        }
    }

    @Test
    void stopSendsTheSignalThatWasAskedFor() {
        ContainerSpec spec = Engines.sleeperSpec().withStopSignal("SIGINT");
        try (Container container = Engines.shared().start(spec)) {
            container.stop();

            assertThat(container.logs()).isEqualTo("sleeping\nsignal 02\n");
        }
    }

    @Test
    void stopKillsWhatDoesNotEndInTime() {
        ContainerSpec spec = ContainerSpec.of("busybox:1")
                .withCommand("sh", "-c", "trap '' TERM; while true; do sleep 1; done")
                .withStopTimeout(Duration.ofMillis(200));
        try (Container container = Engines.shared().start(spec)) {
            container.stop();

            assertThat(container.waitForExit(SOON).code()).isEqualTo(137);
        }
    }

    @Test
    void signalReachesTheFirstProcess() {
        try (Container container = Engines.sleeper()) {
            container.signal("SIGUSR1");

            await().atMost(SOON).until(() -> container.logs().equals("sleeping\nsignal 10\n"));
            assertThat(container.state()).isEqualTo(ContainerState.RUNNING);
        }
    }

    @Test
    void unknownSignalIsRefused() {
        try (Container container = Engines.probe("sleep", "0")) {
            assertThatThrownBy(() -> container.signal("SIGNOTHING"))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("'SIGNOTHING' is not a signal. Use a name such as SIGTERM or a number from 1 to 64.");
        }
    }

    @Test
    void restartKeepsUserSpaceAddressAndLog() throws Exception {
        ContainerSpec spec = ContainerSpec.of("busybox:1")
                .withCommand("sh", "-c", "echo run >> /runs; wc -l < /runs; nc -ll -p 80 -e cat")
                .withStopTimeout(Duration.ofMillis(100))
                .withPorts(80);
        try (Container container = Engines.shared().start(spec)) {
            int port = container.port(80);
            assertThat(echo(port, "one")).isEqualTo("one");

            container.restart();

            assertThat(container.port(80)).isEqualTo(port);
            assertThat(echo(port, "two")).isEqualTo("two");
            assertThat(container.logs()).isEqualTo("1\n2\n");
        }
    }

    static String echo(int port, String text) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readNBytes(text.length()), StandardCharsets.UTF_8);
        }
    }

    @Test
    void startsAgainAfterItHasEnded() {
        ContainerSpec spec = ContainerSpec.of("busybox:1").withCommand("sh", "-c", "echo x >> /x; exit $(wc -l < /x)");
        try (Container container = Engines.shared().start(spec)) {
            assertThat(container.waitForExit(SOON).code()).isEqualTo(1);

            container.restart();

            assertThat(container.waitForExit(SOON).code()).isEqualTo(2);
        }
    }

    @Test
    void pausedContainerStandsStillUntilResumed() {
        ContainerSpec spec = ContainerSpec.of("busybox:1")
                .withCommand("sh", "-c", "i=0; while true; do i=$((i+1)); echo $i; usleep 2000; done");
        try (Container container = Engines.shared().start(spec)) {
            await().atMost(SOON).until(() -> !container.logs().isEmpty());

            container.pause();
            assertThat(container.state()).isEqualTo(ContainerState.PAUSED);
            String before = settled(container);
            assertThat(container.logs()).isEqualTo(before);
            assertThatThrownBy(() -> container.exec("true"))
                    .isInstanceOf(ContainerException.class)
                    .hasMessage("Running [true] in the container " + container.name()
                            + " (image busybox:1) failed: it is PAUSED.");

            container.resume();
            assertThat(container.state()).isEqualTo(ContainerState.RUNNING);
            await().atMost(SOON).until(() -> container.logs().length() > before.length());
        }
    }

    /** What was in the pipe when everything stopped still arrives. */
    private static String settled(Container container) {
        String[] last = {""};
        await().pollDelay(Duration.ofMillis(100))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    String now = container.logs();
                    boolean same = now.equals(last[0]);
                    last[0] = now;
                    return same;
                });
        return last[0];
    }

    @Test
    void pausedContainerCanBeStoppedAndClosed() {
        Container container = Engines.sleeper();
        container.pause();
        container.stop();
        assertThat(container.waitForExit(SOON).code()).isZero();
        container.close();

        Container other = Engines.probe("sleep", "0");
        other.pause();
        other.close();
        assertThat(other.state()).isEqualTo(ContainerState.CLOSED);
    }

    @Test
    void closeIsIdempotentAndEndsEveryUse() {
        Container container = Engines.busybox();
        container.close();
        container.close();

        assertThat(Engines.shared().containers()).doesNotContain(container);
        assertThatThrownBy(() -> container.exec("true"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "The container " + container.name() + " (image busybox:1) is closed: its user space is gone.");
    }

    @Test
    void waitForExitThrowsWhenItTakesLonger() {
        try (Container container = Engines.probe("sleep", "0")) {
            assertThatThrownBy(() -> container.waitForExit(Duration.ofMillis(50)))
                    .isInstanceOf(ContainerException.class)
                    .hasMessage("The container " + container.name() + " (image probe:1) did not end within 50 ms.");
        }
    }

    @Test
    void unpublishedPortIsNamed() {
        ContainerSpec spec = ContainerSpec.of("probe:1")
                .withName("web")
                .withCommand("echo", "80")
                .withPorts(80);
        try (Container container = Engines.shared().start(spec)) {
            assertThatThrownBy(() -> container.port(81))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("Port 81 of container web (image probe:1) is not published; published are [80]."
                            + " Publish it with withPorts(81).");
        }
    }

    @Test
    void publishedPortCarriesBytesBothWays() throws Exception {
        ContainerSpec spec =
                ContainerSpec.of("probe:1").withCommand("echo", "80").withPorts(80);
        try (Container container = Engines.shared().start(spec);
                Socket socket = new Socket(container.host(), container.port(80))) {
            byte[] sent = new byte[5_000_000];
            for (int i = 0; i < sent.length; i++) {
                sent[i] = (byte) (i * 31 ^ i >> 8);
            }
            socket.setSoTimeout(20_000);
            Thread writer = new Thread(() -> {
                try {
                    socket.getOutputStream().write(sent);
                    socket.shutdownOutput();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            writer.start();

            byte[] received = socket.getInputStream().readAllBytes();

            writer.join();
            assertThat(received).isEqualTo(sent);
        }
    }

    @Test
    void fixedPortIsUsedAndIsRefusedWhenTaken() throws Exception {
        int port;
        try (Container first = Engines.shared()
                .start(ContainerSpec.of("probe:1").withCommand("echo", "80").withPorts(80))) {
            port = first.port(80);
            ContainerSpec taken = ContainerSpec.of("probe:1")
                    .withName("late")
                    .withCommand("echo", "80")
                    .withFixedPort(80, port);
            assertThatThrownBy(() -> Engines.shared().start(taken))
                    .hasMessage(
                            "Starting the container late (image probe:1) failed: the host cannot listen on 127.0.0.1:"
                                    + port + ": address in use (EADDRINUSE). Publish on a free port with withPorts.");
        }
        ContainerSpec fixed =
                ContainerSpec.of("probe:1").withCommand("echo", "80").withFixedPort(80, port);
        try (Container second = Engines.shared().start(fixed)) {
            assertThat(second.port(80)).isEqualTo(port);
            assertThat(echo(port, "hello")).isEqualTo("hello");
        }
    }

    @Test
    void startAllStartsInOrderOfTheListAndClosesAllWhenOneFails() {
        List<Container> before = Engines.shared().containers();
        List<Container> started = Engines.shared()
                .startAll(List.of(
                        ContainerSpec.of("probe:1").withName("a"),
                        ContainerSpec.of("busybox:1").withName("b").withCommand("sleep", "9999")));
        assertThat(started).extracting(Container::name).containsExactly("a", "b");
        started.forEach(Container::close);

        assertThatThrownBy(() -> Engines.shared()
                        .startAll(List.of(
                                ContainerSpec.of("probe:1").withName("good"),
                                ContainerSpec.of("probe:1")
                                        .withName("bad")
                                        .withCommand("exit", "1")
                                        .withWait(Wait.forExit(0)))))
                .isInstanceOf(ContainerException.class)
                .hasMessage("The container bad (image probe:1) was to exit with code 0 and exited with code 1."
                        + " It logged nothing.");
        assertThat(Engines.shared().containers())
                .filteredOn(container -> !before.contains(container))
                .extracting(Container::name)
                .doesNotContain("good", "bad");
    }

    @Test
    void manyThreadsStartAndCloseAtOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<String>> tasks = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                String text = "task " + i;
                tasks.add(() -> {
                    try (Container container = Engines.probe("sleep", "0")) {
                        return container.exec("/probe", "say", text).stdout();
                    }
                });
            }
            List<Future<String>> results = threads.invokeAll(tasks);
            for (int i = 0; i < results.size(); i++) {
                assertThat(results.get(i).get()).isEqualTo("task " + i + "\n");
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void specificationReachesTheProcess() {
        ContainerSpec spec = ContainerSpec.of("busybox:1")
                .withCommand(
                        "sh",
                        "-c",
                        "hostname; pwd; id -u; id -g; id -G; echo $COLOR; echo $HOME; cat /etc/hosts | tail -1")
                .withHostname("here.example")
                .withWorkingDir("/made/for/this")
                .withUser("tester")
                .withEnv("COLOR", "grün");
        try (Container container = Engines.shared().start(spec)) {
            container.waitForExit(SOON);
            assertThat(container.logs()).isEqualTo("""
                            here.example
                            /made/for/this
                            1000
                            1000
                            1000 50
                            grün
                            /home/tester
                            169.254.77.2\there.example
                            """);
        }
    }

    @Test
    void rootFileSystemCanBeReadOnly() {
        ContainerSpec spec = ContainerSpec.of("busybox:1")
                .withCommand("sh", "-c", "touch /x 2>&1; touch /scratch/x && echo written")
                .withReadOnlyRoot()
                .withTmpfs("/scratch");
        try (Container container = Engines.shared().start(spec)) {
            container.waitForExit(SOON);
            assertThat(container.logs()).isEqualTo("touch: /x: Read-only file system\nwritten\n");
        }
    }
}
