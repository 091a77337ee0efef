package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.Capsule;
import io.bivouac.engine.Capture;
import io.bivouac.engine.Change;
import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Failure;
import io.bivouac.engine.Image;
import io.bivouac.engine.Wait;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.ImageConfig;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What an image says of its containers, and what a specification says instead, each rule on a container that runs. */
class ImageConfigurationTests {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String NAME = "configured/image:1";

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    /** What is done with a loaded image. */
    @FunctionalInterface
    private interface Use {
        void of(ContainerSpec spec) throws Exception;
    }

    private static Map<String, Object> run(Object... fields) {
        Map<String, Object> run = new LinkedHashMap<>();
        run.put("Env", List.of(ConfiguredImages.PATH));
        for (int i = 0; i < fields.length; i += 2) {
            run.put(String.valueOf(fields[i]), fields[i + 1]);
        }
        return run;
    }

    private void with(Map<String, ?> run, Use use) throws Exception {
        Image image = Engines.shared()
                .images()
                .load(ConfiguredImages.write(folder.resolve("image"), NAME, run))
                .get(0);
        try {
            use.of(ContainerSpec.of(image.id()));
        } finally {
            Engines.shared().images().remove(image.id());
        }
    }

    private static String output(ContainerSpec spec) {
        try (Container container = Engines.shared().start(spec)) {
            container.waitForExit(SOON);
            return container.logs();
        }
    }

    private static Arguments row(
            List<String> entrypoint, List<String> command, UnaryOperator<ContainerSpec> change, String expected) {
        return Arguments.of(entrypoint, command, change, expected);
    }

    static Stream<Arguments> commandLines() {
        List<String> none = List.of();
        List<String> echo = List.of("echo", "image");
        List<String> argument = List.of("argument");
        return Stream.of(
                row(none, echo, spec -> spec, "image"),
                row(none, echo, spec -> spec.withCommand("echo", "own"), "own"),
                row(none, echo, spec -> spec.withEntrypoint("echo", "entry"), "entry"),
                row(echo, none, spec -> spec, "image"),
                row(echo, none, spec -> spec.withCommand("own"), "image own"),
                row(echo, argument, spec -> spec, "image argument"),
                row(echo, argument, spec -> spec.withCommand("own"), "image own"),
                row(echo, argument, spec -> spec.withCommand(), "image"),
                row(echo, argument, spec -> spec.withEntrypoint("echo", "entry"), "entry"),
                row(echo, argument, spec -> spec.withEntrypoint("echo").withCommand("own"), "own"),
                row(echo, argument, spec -> spec.withEntrypoint().withCommand("echo", "own"), "own"));
    }

    @ParameterizedTest
    @MethodSource("commandLines")
    void entrypointAndCommand(
            List<String> entrypoint, List<String> command, UnaryOperator<ContainerSpec> change, String expected)
            throws Exception {
        with(
                run("Entrypoint", entrypoint, "Cmd", command),
                spec -> assertThat(output(change.apply(spec))).isEqualTo(expected + "\n"));
    }

    @Test
    void imageThatNamesNoCommandNeedsOne() throws Exception {
        with(run(), spec -> {
            assertThatThrownBy(() -> output(spec))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("The image " + spec.image() + " names no command. Give one with withCommand.");
            assertThatThrownBy(() -> output(spec.withEntrypoint())).isInstanceOf(ConfigurationException.class);
        });
    }

    @Test
    void environmentIsMerged() throws Exception {
        Map<String, Object> run = run("Cmd", List.of("env"));
        run.put("Env", List.of(ConfiguredImages.PATH, "A=image", "B=b=c", "EMPTY=", "C=image", "nothing"));
        with(
                run,
                spec -> assertThat(output(spec.withHostname("here")
                                        .withEnv("A", "own")
                                        .withEnv("C", "")
                                        .withEnv("D", "more"))
                                .lines()
                                .sorted())
                        .containsExactly(
                                "A=own",
                                "B=b=c",
                                "C=",
                                "D=more",
                                "EMPTY=",
                                "HOME=/root",
                                "HOSTNAME=here",
                                "PATH=/bin"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|0|0|0|/root",
                "root|0|0|0|/root",
                "tester|1000|1000|1000 50|/home/tester",
                "1000|1000|1000|1000 50|/home/tester",
                "tester:staff|1000|50|50|/home/tester",
                "1000:50|1000|50|50|/home/tester",
                "4242|4242|0|0|/",
                "4242:4243|4242|4243|4243|/",
            })
    void user(String user, String uid, String gid, String groups, String home) throws Exception {
        Object command = List.of("sh", "-c", "id -u; id -g; id -G; echo $HOME");
        String expected = uid + "\n" + gid + "\n" + groups + "\n" + home + "\n";
        with(run("User", user, "Cmd", command), spec -> assertThat(output(spec)).isEqualTo(expected));
        if (!user.isEmpty()) {
            try (Container container = Engines.shared()
                    .start(ContainerSpec.of("busybox:1")
                            .withCommand("sh", "-c", "id -u; id -g; id -G; echo $HOME")
                            .withUser(user))) {
                container.waitForExit(SOON);
                assertThat(container.logs()).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"/made/for/this,/made/for/this", "relative/one,/relative/one", "'',/", "/tmp,/tmp", "/a/../b,/b"})
    void workingDirectoryIsMadeWhenMissing(String directory, String expected) throws Exception {
        with(
                run("WorkingDir", directory, "User", "tester", "Cmd", List.of("sh", "-c", "pwd; stat -c %u:%g .")),
                spec -> {
                    assertThat(output(spec)).isEqualTo(expected + "\n0:0\n");
                    assertThat(output(spec.withWorkingDir("/other"))).isEqualTo("/other\n0:0\n");
                });
    }

    @Test
    void exposedPortsAreNeitherPublishedNorWaitedFor() throws Exception {
        with(
                run("ExposedPorts", Map.of("80/tcp", Map.of(), "53/udp", Map.of()), "Cmd", List.of("sleep", "1000")),
                spec -> {
                    try (Container container = Engines.shared().start(spec.withName("exposed"))) {
                        assertThat(container.image().config().exposedPorts()).containsExactly("53/udp", "80/tcp");
                        assertThatThrownBy(() -> container.port(80))
                                .hasMessage("Port 80 of container exposed (image " + spec.image()
                                        + ") is not published. Publish it with withPorts(80).");
                    }
                });
    }

    @Test
    void volumesAreFoldersOfTheContainersOwn() throws Exception {
        with(
                run("Volumes", Map.of("/data/made", Map.of(), "/etc", Map.of()), "Cmd", List.of("sleep", "1000")),
                spec -> {
                    try (Container container = Engines.shared().start(spec)) {
                        assertThat(container
                                        .exec("sh", "-c", "echo x > /data/made/x; cat /etc/group | head -n 1")
                                        .stdout())
                                .isEqualTo("root:x:0:\n");
                        assertThat(container.diff()).contains(new Change(Change.Kind.ADDED, "/data/made/x"));
                    }
                });
    }

    @ParameterizedTest
    @CsvSource({"SIGUSR1,USR1", "USR2,USR2", "12,USR2", "SIGRTMIN+3,RT3", "'',TERM", "SIGWHAT,TERM"})
    void stopSignal(String signal, String expected) throws Exception {
        String script = "for s in TERM USR1 USR2 INT; do trap \"echo $s; exit 0\" $s; done; trap 'echo RT3; exit 0' 37;"
                + " echo up; while true; do sleep 0.02; done";
        with(run("StopSignal", signal, "Cmd", List.of("sh", "-c", script)), given -> {
            ContainerSpec spec = given.withWait(Wait.forLog("up")).withStopTimeout(SOON);
            assertThat(stopped(spec)).isEqualTo("up\n" + expected + "\n");
            assertThat(stopped(spec.withStopSignal("INT"))).isEqualTo("up\nINT\n");
        });
    }

    private static String stopped(ContainerSpec spec) {
        try (Container container = Engines.shared().start(spec)) {
            container.stop();
            return container.logs();
        }
    }

    @Test
    void stopSignalThatIsNoneIsRefusedBeforeAnythingStarts() {
        assertThatThrownBy(() -> output(ContainerSpec.of("busybox:1").withStopSignal("SIGWHAT")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("'SIGWHAT' is not a signal. Use a name such as SIGTERM or a number from 1 to 64.");
    }

    @Test
    void labelsAreToldBesideThoseOfTheSpecification() throws Exception {
        with(run("Labels", new TreeMap<>(Map.of("a", "image", "b", "c")), "Cmd", List.of("sleep", "1000")), spec -> {
            try (Container container = Engines.shared().start(spec.withLabel("a", "own"))) {
                assertThat(container.image().config().labels()).isEqualTo(Map.of("a", "image", "b", "c"));
                assertThat(container.spec().labels()).isEqualTo(Map.of("a", "own"));
            }
        });
    }

    /** With names, numbers and characters that a careless writer would change. */
    private static Map<String, Object> odd() {
        return run(
                "Cmd",
                List.of("sleep", "1000"),
                "Shell",
                List.of("/bin/bash", "-o", "pipefail", "-c"),
                "OnBuild",
                List.of("RUN echo \"<&>\" '\u2028' \\ \t", "COPY . /ünder/😀"),
                "Healthcheck",
                Map.of("Test", List.of("CMD-SHELL", "true || exit 1"), "Interval", 9223372036854775807L),
                "ArgsEscaped",
                true,
                "X-Unknown",
                List.of(new BigInteger("18446744073709551615"), 0.25, List.of()));
    }

    private static String configOf(ImageConfig config) {
        return new String(Json.write(config.json().get("config")), StandardCharsets.UTF_8);
    }

    @Test
    void whatOnlyBuildersReadSurvivesLoadCommitSaveAndCapsule() throws Exception {
        String expected = new String(Json.write(odd()), StandardCharsets.UTF_8);
        Engine engine = Engines.shared();
        Path saved = folder.resolve("saved.tar");
        with(odd(), spec -> {
            try (Container container = engine.start(spec.withName("odd"))) {
                assertThat(configOf(container.image().config())).isEqualTo(expected);
                assertThat(configOf(container.commit("configured/committed:1").config()))
                        .isEqualTo(expected);
                engine.images().save(saved, "configured/committed:1");
                assertThat(configOf(capsuleImage(container))).isEqualTo(expected);
            } finally {
                engine.images().remove("configured/committed:1");
            }
        });
        try (Engine other = Engine.open(EngineOptions.defaults().withStore(folder.resolve("store")))) {
            ImageConfig config = other.images().load(saved).get(0).config();
            assertThat(configOf(config)).isEqualTo(expected);
            assertThat(config.shell()).containsExactly("/bin/bash", "-o", "pipefail", "-c");
            assertThat(config.onBuild()).hasSize(2);
        }
    }

    /** As another store reads it. */
    private ImageConfig capsuleImage(Container container) throws IOException {
        Path target = folder.resolve("capsule");
        try (Capture capture = Engines.shared().capsules().capture(List.of(container))) {
            Engines.shared().capsules().write(capture, new Failure("id", "test", "exception", "stack"), target);
        }
        try (Engine other = Engine.open(EngineOptions.defaults().withStore(folder.resolve("other")))) {
            Capsule capsule = other.capsules().read(target);
            other.images().load(target);
            return other.images()
                    .find(capsule.containers().get(0).image().toString())
                    .orElseThrow()
                    .config();
        }
    }

    /** The fields as another tool writes them; OCI has none of them, so it keeps them in Docker's format alone. */
    @Test
    @Tag("root")
    void whatBuildahWritesIsRead() throws Exception {
        Path archive = folder.resolve("buildah.tar");
        String[] storage = {
            "--root",
            folder.resolve("root").toString(),
            "--runroot",
            folder.resolve("run").toString(),
            "--storage-driver",
            "vfs"
        };
        String container = buildah(storage, "from", "scratch");
        buildah(
                storage,
                "config",
                "--healthcheck",
                "CMD-SHELL test -e /x",
                "--healthcheck-interval",
                "7s",
                "--healthcheck-retries",
                "4",
                "--healthcheck-start-period",
                "1m",
                "--healthcheck-timeout",
                "250ms",
                "--shell",
                "/bin/bash -c",
                "--onbuild",
                "RUN true",
                container);
        buildah(storage, "commit", "--quiet", "--format", "docker", container, "docker-archive:" + archive + ":b:1");
        try (Engine engine = Engine.open(EngineOptions.defaults().withStore(folder.resolve("store")))) {
            ImageConfig config = engine.images().load(archive).get(0).config();

            assertThat(config.healthcheck())
                    .hasToString("Optional[HealthcheckConfig[test=[CMD-SHELL, test, -e, /x], interval=PT7S,"
                            + " timeout=PT0.25S, startPeriod=PT1M, startInterval=PT0S, retries=4]]");
            assertThat(config.shell()).containsExactly("/bin/bash", "-c");
            assertThat(config.onBuild()).containsExactly("RUN true");
        }
    }

    private static String buildah(String[] storage, String... arguments) throws IOException, InterruptedException {
        List<String> command = Stream.of(Stream.of("buildah"), Stream.of(storage), Stream.of(arguments))
                .flatMap(part -> part)
                .toList();
        Commands.Result result = Commands.run(command);
        assertThat(result.code()).as(command + "\n" + result.output()).isZero();
        return result.output().strip();
    }

    static Stream<Arguments> inTheWay() {
        return Stream.of(
                Arguments.of("/dev", (SmallImages.Layer) tar -> tar.file("dev", 0644, "no folder")),
                Arguments.of("/etc/hosts", (SmallImages.Layer) tar -> tar.file("etc", 0644, "no folder")),
                Arguments.of("/etc/hosts", (SmallImages.Layer) tar -> tar.symlink("etc", "etc")),
                Arguments.of("/etc/hosts", (SmallImages.Layer)
                        tar -> tar.folder("etc", 0755).folder("etc/hosts", 0755)));
    }

    @ParameterizedTest
    @MethodSource
    void inTheWay(String path, SmallImages.Layer layer) throws Exception {
        assertStartFails(layer, " failed: the image has something else at " + path + ", or on the way to it (");
    }

    private void assertStartFails(SmallImages.Layer layer, String message) throws IOException {
        Engine engine = Engines.shared();
        Image image = engine.images()
                .load(SmallImages.write(folder.resolve("image"), NAME, layer))
                .get(0);
        try {
            assertThatThrownBy(() -> engine.start(ContainerSpec.of(image.id())))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(message);
        } finally {
            engine.images().remove(image.id());
        }
    }

    static Stream<SmallImages.Layer> devicesAndProcAreOne() {
        return Stream.of(
                tar -> tar.folder("proc", 0755).symlink("dev", "/proc"),
                tar -> tar.folder("dev", 0755).symlink("proc", "dev"));
    }

    @ParameterizedTest
    @MethodSource
    void devicesAndProcAreOne(SmallImages.Layer layer) throws IOException {
        assertStartFails(layer, " failed: nothing can be mounted at /dev: in this image it leads to /proc, ");
    }
}
