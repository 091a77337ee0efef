package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ExecResult;
import io.bivouac.engine.ExecSpec;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ExecTests {
    @SuppressWarnings("NullAway.Init") // started before all tests
    private static Container container;

    @BeforeAll
    static void start() {
        container = Engines.busybox();
        container.copyTo(probe(), "/probe", 0755);
    }

    private static byte[] probe() {
        Path file = Engines.folder().resolve("probe-for-exec");
        try (Container source = Engines.probe("sleep", "0")) {
            source.copyFrom("/probe", file);
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterAll
    static void close() {
        container.close();
    }

    @Test
    void returnsExitCodeAndBothStreams() {
        ExecResult result = container.exec("sh", "-c", "echo out; echo err >&2; exit 3");

        assertThat(result.exitCode()).isEqualTo(3);
        assertThat(result.stdout()).isEqualTo("out\n");
        assertThat(result.stderr()).isEqualTo("err\n");
    }

    @Test
    void keepsEveryByte() {
        ExecResult result = container.exec("/probe", "bytes");

        byte[] all = new byte[256];
        byte[] reversed = new byte[256];
        for (int i = 0; i < 256; i++) {
            all[i] = (byte) i;
            reversed[i] = (byte) (255 - i);
        }
        assertThat(result.stdoutBytes()).isEqualTo(all);
        assertThat(result.stderrBytes()).isEqualTo(reversed);
    }

    @Test
    void feedsInputLargerThanAnyBuffer() {
        byte[] input = new byte[10_000_000];
        new Random(1).nextBytes(input);

        ExecResult result = container.exec(ExecSpec.of("cat").withStdin(input));

        assertThat(result.stdoutBytes()).isEqualTo(input);
    }

    @Test
    void commandMayEndWithoutReadingItsInput() {
        ExecResult result = container.exec(ExecSpec.of("true").withStdin(new byte[5_000_000]));

        assertThat(result.exitCode()).isZero();
    }

    @Test
    void inputThatCannotBeReadKillsTheCommand() throws Exception {
        InputStream closed = new FileInputStream("/dev/zero");
        closed.close();
        assertThatThrownBy(() -> container.exec(ExecSpec.of("cat").withStdin(closed)))
                .isInstanceOf(ContainerException.class)
                .hasMessage("The command [cat] in the container " + container.name() + " (image busybox:1) was killed:"
                        + " its input could not be read (Stream Closed).");
    }

    @Test
    void inputIsEmptyByDefault() {
        assertThat(container.exec("cat").stdout()).isEmpty();
    }

    @Test
    void setsVariablesFolderAndUser() {
        ExecSpec spec = ExecSpec.of("sh", "-c", "echo $FRUIT $PWD $(id -u):$(id -g) $HOME")
                .withEnv("FRUIT", "Äpfel")
                .withWorkingDir("/tmp")
                .withUser("tester:staff");

        assertThat(container.exec(spec).stdout()).isEqualTo("Äpfel /tmp 1000:50 /home/tester\n");
    }

    @Test
    void usersAddedMeanwhileAreKnown() {
        container.exec("sh", "-c", "echo 'late:x:2000:2000::/late:/bin/sh' >> /etc/passwd");

        assertThat(container.exec(ExecSpec.of("id", "-u").withUser("late")).stdout())
                .isEqualTo("2000\n");
    }

    @Test
    void numericUserNeedsNoPasswd() {
        try (Container probe = Engines.probe("sleep", "0")) {
            assertThat(probe.exec(ExecSpec.of("/probe", "ids").withUser("1234:77"))
                            .stdout())
                    .isEqualTo("uid=1234 euid=1234 gid=77\n");
        }
    }

    @Test
    void unknownUserIsNamed() {
        assertThatThrownBy(() -> container.exec(ExecSpec.of("id").withUser("ghost")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("The user 'ghost' is not in the container's /etc/passwd. Use its number.");
    }

    @Test
    void userOutOfRangeIsNoName() {
        assertThatThrownBy(() -> container.exec(ExecSpec.of("id").withUser("4294967296")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("'4294967296' is not a user: 4294967296 is out of the range of ids, 0 to 4294967294.");
    }

    @Test
    void streamsOutputAsItComes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ExecResult result =
                container.exec(ExecSpec.of("sh", "-c", "echo streamed").withStdout(out));

        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("streamed\n");
        assertThat(result.stdout()).isEmpty();
    }

    @Test
    void commandThatTakesTooLongIsKilledWithItsChildren() {
        ExecSpec spec = ExecSpec.of("sh", "-c", "sleep 4711 & sleep 4711").withTimeout(Duration.ofMillis(200));

        assertThatThrownBy(() -> container.exec(spec))
                .isInstanceOf(ContainerException.class)
                .hasMessage("The command [sh, -c, sleep 4711 & sleep 4711] in the container " + container.name()
                        + " (image busybox:1) was killed: it took longer than 200 ms.");
        await().until(() -> !container.exec("ps").stdout().contains("sleep 4711"));
    }

    @Test
    void unknownCommandIsNamed() {
        assertThatThrownBy(() -> container.exec("no-such-program"))
                .isInstanceOf(ContainerException.class)
                .hasMessage("Running [no-such-program] in the container " + container.name()
                        + " (image busybox:1) failed: the command 'no-such-program' was not found in the image: it is in no"
                        + " folder of PATH.");
    }

    @Test
    void fileThatIsNotExecutableIsNamed() {
        container.copyTo("#!/bin/sh\n".getBytes(StandardCharsets.UTF_8), "/plain.sh", 0644);

        assertThatThrownBy(() -> container.exec("/plain.sh"))
                .hasMessage("Running [/plain.sh] in the container " + container.name()
                        + " (image busybox:1) failed: the command '/plain.sh' may not be executed: make the file executable"
                        + " (chmod +x).");
    }

    @Test
    void missingWorkingFolderIsNamed() {
        assertThatThrownBy(() -> container.exec(ExecSpec.of("true").withWorkingDir("/not/there")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Running [true] in the container " + container.name()
                        + " (image busybox:1) failed: the working directory /not/there cannot be entered: no such file or"
                        + " directory (ENOENT).");
    }

    @Test
    void terminalIsOne() {
        ExecSpec spec = ExecSpec.of("sh", "-c", "tty; stty size; test -t 0 && test -t 2 && echo yes; echo err >&2")
                .withTerminal(101, 37);

        assertThat(container.exec(spec).stdout()).isEqualTo("/dev/pts/0\r\n37 101\r\nyes\r\nerr\r\n");
    }

    @Test
    void terminalTakesKeys() {
        ExecSpec spec = ExecSpec.of("sh")
                .withTerminal(80, 24)
                .withStdin("echo $((6*7)); exit 5\n".getBytes(StandardCharsets.UTF_8));

        ExecResult result = container.exec(spec);

        assertThat(result.exitCode()).isEqualTo(5);
        assertThat(result.stdout()).contains("\r\n42\r\n");
    }

    @Test
    void processesOfTheContainerSeeOnlyTheirOwn() {
        String processes = container.exec("ps").stdout();

        assertThat(processes).contains("sleep 1000000").doesNotContain("java").doesNotContain("bivouac");
    }
}
