package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.fail;

import io.bivouac.engine.Container;
import io.bivouac.junit.Provision;
import io.bivouac.junit.WaitFor;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A failure carried to somewhere else: {@code bivouac:capsules} and {@code bivouac:replay}. */
@Tag("root")
@ResourceLock(OutsideMaven.REPOSITORY)
class ReplayTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Path capsule;

    static class FailingTestCase {
        @Provision(
                image = "busybox:1",
                command = {"sh", "-c", "echo listening; exec nc -ll -p 7 -e cat /state"},
                ports = 7,
                waitFor = @WaitFor(log = "listening"))
        @SuppressWarnings("NullAway.Init")
        static Container box;

        @Provision(
                image = "probe:1",
                command = {"exit", "4"})
        @SuppressWarnings("NullAway.Init")
        static Container job;

        @Test
        void fails() {
            box.copyTo("left by the test\n".getBytes(StandardCharsets.UTF_8), "/state", 0644);
            job.waitForExit(Duration.ofSeconds(20));
            fail("the parcel is lost");
        }
    }

    @BeforeEach
    void failATest() {
        ExtensionRun.of(folder.resolve("capsules"), FailingTestCase.class);
        capsule = folder.resolve("capsules/FailingTestCase.fails-1");
    }

    @AfterEach
    void nothingLives() {
        Path sessions = folder.resolve("store/sessions");
        await().atMost(Duration.ofSeconds(2)).untilAsserted(() -> {
            if (Files.exists(sessions)) {
                try (Stream<Path> left = Files.list(sessions)) {
                    assertThat(left).isEmpty();
                }
            }
        });
    }

    private OutsideMaven maven() throws IOException {
        return OutsideMaven.in(Files.createDirectories(folder.resolve("nowhere")), folder.resolve("store"));
    }

    private Commands.Result replay(String... options) throws Exception {
        String[] arguments = new String[options.length + 2];
        arguments[0] = OutsideMaven.goal("replay");
        arguments[1] = "-Dbivouac.replay=" + capsule;
        System.arraycopy(options, 0, arguments, 2, options.length);
        return maven().run(arguments);
    }

    @Test
    void capsulesAreListed() throws Exception {
        Commands.Result listed =
                maven().run(OutsideMaven.goal("capsules"), "-Dbivouac.capsules=" + folder.resolve("capsules"));

        assertThat(listed.code()).as(listed.output()).isZero();
        assertThat(listed.output())
                .containsPattern("TEST +CAPTURED +CONTAINERS +SIZE +CAPSULE\n")
                .containsPattern(
                        "FailingTestCase\\.fails +20[-0-9]+T[:0-9]+Z +box,job +\\d\\.\\d MB +" + capsule + "\n");
        listed = maven().run(OutsideMaven.goal("capsules"), "-Dbivouac.capsules=" + folder.resolve("none"));
        assertThat(listed.output()).contains("There are no capsules in " + folder.resolve("none") + ".");
    }

    @Test
    void commandRunsInTheFailedUserSpaceAndItsCodeIsMavens() throws Exception {
        Commands.Result replayed = replay("-Dbivouac.shell=box", "-Dbivouac.command=cat /state; echo gone >&2; exit 7");

        assertThat(replayed.code()).as(replayed.output()).isEqualTo(7);
        assertThat(replayed.output())
                .containsPattern("Replaying FailingTestCase\\.fails, which failed at 20[-0-9]+T[:.0-9]+Z with"
                        + " org\\.opentest4j\\.AssertionFailedError: the parcel is lost\\.\n")
                .containsPattern("  box: port 7 at 127\\.0\\.0\\.1:\\d+\n")
                .contains("left by the test\n", "gone\n");
        assertThat(replay("-Dbivouac.shell=box", "-Dbivouac.command=true").code())
                .isZero();
    }

    @Test
    void commandInADaemonFailsTheBuildAlone() throws Exception {
        OutsideMaven maven = maven();
        String[] replay = {
            OutsideMaven.goal("replay"),
            "-Dbivouac.replay=" + capsule,
            "-Dbivouac.shell=box",
            "-Dbivouac.command=cat /state; exit 7"
        };
        try (Child daemon = maven.daemon()) {
            assertThat(maven.build(daemon, replay)).as(daemon.output()).isEqualTo("1, left: [] and []");
            assertThat(daemon.output()).contains("left by the test\n", "The command exited with code 7.");

            replay[3] = "-Dbivouac.command=true";
            assertThat(maven.build(daemon, replay)).as(daemon.output()).isEqualTo("0, left: [] and []");
        }
    }

    @Test
    void containersRunUntilTheInputEnds() throws Exception {
        try (Child replay = maven().start(OutsideMaven.goal("replay"), "-Dbivouac.replay=" + capsule)) {
            String port = replay.await("[INFO]   box: port 7 at 127.0.0.1:");
            replay.await("[INFO] Press Enter to end.");
            try (Socket socket = new Socket("127.0.0.1", Integer.parseInt(port))) {
                assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .isEqualTo("left by the test\n");
            }
            replay.say("");
            assertThat(replay.join()).as(replay.output()).isZero();
        }
    }

    @Test
    void shellReadsWhatIsPipedIn() throws Exception {
        try (Child replay =
                maven().start(OutsideMaven.goal("replay"), "-Dbivouac.replay=" + capsule, "-Dbivouac.shell=box")) {
            replay.say("cat /state");
            replay.say("exit 9");
            assertThat(replay.join()).as(replay.output()).isEqualTo(9);
            assertThat(replay.output()).contains("left by the test\n");
        }
    }

    @Test
    void shellOnATerminalIsOneAndGivesItBackAsItWas() throws Exception {
        String maven =
                maven().commandLine(OutsideMaven.goal("replay"), "-Dbivouac.replay=" + capsule, "-Dbivouac.shell=box");
        ProcessBuilder script = maven().command();
        String line = "stty rows 40 cols 100; before=$(stty -g); " + maven
                + "; code=$?; [ \"$(stty -g)\" = \"$before\" ] && printf '\\nas it was, code %s\\n' $code";
        script.command("script", "-qec", line, "/dev/null");
        try (Child replay = new Child(script.redirectErrorStream(true).start())) {
            replay.await("[INFO]   box: ");
            replay.say("echo on $(tty), size $(stty size)");
            replay.await("on /dev/pts/0, size 40 100");
            // Said by what is to be interrupted: the shell itself would only note a key that came before it started.
            replay.say("sh -c 'echo begun; exec sleep 1000'; echo interrupted $?");
            replay.await("begun");
            replay.say("\003");
            replay.say("echo status $?");
            replay.await("status 130");
            replay.say("exit 5");
            replay.await("as it was, code 5");
            assertThat(replay.join()).as(replay.output()).isZero();
        }
    }

    @Test
    void mistakesAreNamed() throws Exception {
        assertThat(replay("-Dbivouac.shell=db").output())
                .contains("The capsule has no container named db. It has box, job.");
        assertThat(replay("-Dbivouac.command=true").output())
                .contains("bivouac.command needs to know where to run. Name the container with -Dbivouac.shell=NAME.");
        Commands.Result missing = maven().run(OutsideMaven.goal("replay"), "-Dbivouac.replay=" + folder.resolve("x"));
        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.output())
                .contains(
                        "Reading the capsule " + folder.resolve("x") + " failed: it does not exist, or is no folder.");
    }
}
