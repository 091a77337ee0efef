package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Wait;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReadinessTests {
    private static ContainerSpec sh(String script) {
        return ContainerSpec.of("busybox:1").withName("job").withCommand("sh", "-c", script);
    }

    private static ContainerSpec probe(String... command) {
        return ContainerSpec.of("probe:1").withName("job").withCommand(command);
    }

    private static String start(ContainerSpec spec) {
        try (Container container = Engines.shared().start(spec)) {
            return container.logs();
        }
    }

    @AfterEach
    void nothingIsLeftOfAFailedStart() {
        assertThat(Engines.shared().containers()).extracting(Container::name).doesNotContain("job");
    }

    @Test
    void logIsFoundWithinALineAsOftenAsAsked() {
        String script = "for i in 1 2 3; do echo \"now ready $i\"; usleep 20000; done; sleep 1000";

        assertThat(start(sh(script).withWait(Wait.forLog("ready \\d").times(3))))
                .endsWith("now ready 3\n");
        assertThat(start(sh(script).withWait(Wait.forLog("^now ready 2\n$")))).contains("now ready 2\n");
    }

    @Test
    void logLineOfAContainerThatEndsAtOnceCounts() {
        for (int i = 0; i < 20; i++) {
            assertThat(start(probe("say", "ready").withWait(Wait.forLog("ready"))))
                    .isEqualTo("ready\n");
        }
    }

    @Test
    void portIsReadyWhenItIsListenedOn() throws Exception {
        ContainerSpec spec = probe("echo", "80", "300").withPorts(80);
        try (Container container = Engines.shared().start(spec)) {
            assertThat(ContainerLifecycleTests.echo(container.port(80), "hello"))
                    .isEqualTo("hello");
            assertThat(container.logs()).isEqualTo("listening\n");
        }
    }

    @Test
    void portOnTheLoopbackAddressAloneIsNotReady() {
        ContainerSpec spec = sh("nc -l -p 80 127.0.0.1").withPorts(80).withStartupTimeout(Duration.ofMillis(400));

        assertThatThrownBy(() -> start(spec))
                .isInstanceOf(ContainerException.class)
                .hasMessageStartingWith(
                        "The container job (image busybox:1) was not ready after 0.4 s: waited for listening port 80.");
    }

    @Test
    void commandIsReadyWhenItSucceeds() {
        String script = "usleep 100000; touch /ready; sleep 1000";

        try (Container container =
                Engines.shared().start(sh(script).withWait(Wait.forCommand("test", "-e", "/ready")))) {
            assertThat(container.exec("ls", "/ready").exitCode()).isZero();
        }
    }

    @Test
    void exitIsReadyWithItsCode() {
        assertThat(start(probe("exit", "0", "done").withWait(Wait.forExit(0)))).isEqualTo("done\n");
    }

    @Test
    void allWaitsMustHold() {
        ContainerSpec spec = sh("echo ready; usleep 100000; touch /more; sleep 1000")
                .withWait(Wait.forLog("ready"))
                .withWait(Wait.forCommand("test", "-e", "/more"));

        try (Container container = Engines.shared().start(spec)) {
            assertThat(container.exec("ls", "/more").exitCode()).isZero();
        }
    }

    @Test
    void exitBeforeReadyFailsTheStartWithCodeAndLastLines() {
        ContainerSpec spec = probe("exit", "7", "first", "!last words").withWait(Wait.forLog("never said"));

        assertThatThrownBy(() -> start(spec))
                .isInstanceOf(ContainerException.class)
                .hasMessage(
                        "The container job (image probe:1) exited before it was ready, with code 7. Its last log lines:\n"
                                + "  first\n  last words");
    }

    @Test
    void signalBeforeReadyIsNamed() {
        ContainerSpec spec =
                sh("kill -9 $$; sh -c 'kill -9 $PPID'; sleep 0.1; exit 3").withPorts(80);

        assertThatThrownBy(() -> start(spec))
                .hasMessage("The container job (image busybox:1) exited before it was ready, with code 3."
                        + " It logged nothing.");
    }

    @Test
    void waitThatNeverHoldsFailsWithTheLastLines() {
        ContainerSpec spec = sh("for i in $(seq 30); do echo line $i; done; sleep 1000")
                .withWait(Wait.forLog("READY").times(2))
                .withStartupTimeout(Duration.ofMillis(300));

        assertThatThrownBy(() -> start(spec))
                .isInstanceOf(ContainerException.class)
                .hasMessageStartingWith(
                        "The container job (image busybox:1) was not ready after 0.3 s: waited for log line"
                                + " 'READY' 2 times. Its last log lines:\n  line 11\n  line 12\n")
                .hasMessageEndingWith("\n  line 30");
    }

    @Test
    void waitHasATimeoutOfItsOwn() {
        ContainerSpec spec = sh("sleep 1000").withWait(Wait.forCommand("false").withTimeout(Duration.ofMillis(200)));

        assertThatThrownBy(() -> start(spec))
                .hasMessage(
                        "The container job (image busybox:1) was not ready after 0.2 s: waited for command false. The"
                                + " command last exited with code 1. It logged nothing.");
    }

    @Test
    void wrongExitCodeIsNamed() {
        assertThatThrownBy(() -> start(probe("exit", "3").withWait(Wait.forExit(0))))
                .hasMessage("The container job (image probe:1) was to exit with code 0 and exited with code 3."
                        + " It logged nothing.");
    }
}
