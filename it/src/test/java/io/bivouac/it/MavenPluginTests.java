package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.fixtures.FixtureImages;
import io.bivouac.fixtures.LocalRegistry;
import java.io.IOException;
import java.io.Reader;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The plugin in builds of somebody else. */
@Tag("root")
@ResourceLock(OutsideMaven.REPOSITORY)
class MavenPluginTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private Path store() {
        return folder.resolve("store");
    }

    private OutsideMaven lifecycle() throws Exception {
        return OutsideMaven.project("lifecycle", folder.resolve("project"), store());
    }

    private OutsideMaven nowhere() throws IOException {
        return OutsideMaven.in(Files.createDirectories(folder.resolve("nowhere")), store());
    }

    private void assertNothingLives() {
        OutsideMaven.awaitNoSession(store());
    }

    private Properties environment() throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(folder.resolve("project/target/bivouac/env.properties"))) {
            properties.load(reader);
        }
        return properties;
    }

    @Test
    void integrationTestsFindTheirContainers() throws Exception {
        Commands.Result build = lifecycle().run("verify");

        assertThat(build.code()).as(build.output()).isZero();
        assertThat(build.output())
                .contains(
                        "Started echo (busybox:1).",
                        "Started job (probe:1).",
                        "Tests run: 1, Failures: 0",
                        "The environment is struck.");
        assertThat(environment()).containsOnlyKeys("bivouac.echo.host", "bivouac.echo.port.7", "bivouac.job.host");
        assertThat(environment()).containsEntry("bivouac.echo.host", "127.0.0.1");
        int port = Integer.parseInt(environment().getProperty("bivouac.echo.port.7"));
        assertThatThrownBy(() -> new Socket("127.0.0.1", port).close()).isInstanceOf(ConnectException.class);
        assertNothingLives();
    }

    @Test
    void brokenBuildStrikesItsEnvironmentToo() throws Exception {
        Commands.Result build = lifecycle().run("verify", "-Dsaid=world");

        assertThat(build.code()).as(build.output()).isEqualTo(1);
        assertThat(build.output()).contains("Started echo", "Tests run: 1, Failures: 1");
        assertThat(build.output()).doesNotContain("The environment is struck.");
        assertNothingLives();
    }

    @Test
    void daemonKeepsNothingOfItsBuilds() throws Exception {
        OutsideMaven maven = lifecycle();
        try (Child daemon = maven.daemon()) {
            assertThat(maven.build(daemon, "verify")).as(daemon.output()).isEqualTo("0, left: [] and []");
            assertThat(daemon.output()).contains("Started echo (busybox:1).", "The environment is struck.");
            assertNothingLives();

            assertThat(maven.build(daemon, "verify", "-Dsaid=world"))
                    .as(daemon.output())
                    .isEqualTo("1, left: [] and []");
            assertThat(daemon.output()).contains("Tests run: 1, Failures: 1");
            assertNothingLives();

            assertThat(maven.build(daemon, "verify")).as(daemon.output()).isEqualTo("0, left: [] and []");
        }
    }

    @Test
    void containerThatIsNeverReadyBreaksTheBuild() throws Exception {
        Commands.Result build = lifecycle().run("pre-integration-test", "-Dwait.log=nothing says this");

        assertThat(build.code()).as(build.output()).isEqualTo(1);
        assertThat(build.output())
                .contains(
                        "The container echo (image busybox:1) was not ready after 3 s: waited for log line 'nothing says this'."
                                + " Its last log lines:\n[ERROR]   listening\n");
        assertNothingLives();
    }

    @Test
    void limitsOfThePomReachTheContainer() throws Exception {
        Commands.Result memory = lifecycle().run("pre-integration-test", "-Dlimit.memory=lots");
        assertThat(memory.code()).as(memory.output()).isEqualTo(1);
        assertThat(memory.output())
                .contains("'lots' is not a size: write bytes, or a whole number with k, m, g or t, such as 512m.");

        Commands.Result cpus = lifecycle().run("pre-integration-test", "-Dlimit.cpus=0.001");
        assertThat(cpus.code()).as(cpus.output()).isEqualTo(1);
        assertThat(cpus.output()).contains("0.001 is no number of processors: at least 0.01.");

        Commands.Result choice = lifecycle().run("pre-integration-test", "-Dbivouac.limits=sometimes");
        assertThat(choice.code()).as(choice.output()).isEqualTo(1);
        assertThat(choice.output()).contains("bivouac.limits=sometimes is not a choice: required or best-effort.");
    }

    @Test
    void checkOfTheImageIsWaitedFor() throws Exception {
        List<String> check = List.of("CMD-SHELL", "cat /health; grep -q well /health");
        Path image = ConfiguredImages.write(
                folder.resolve("image"),
                "checked:1",
                Map.of("Healthcheck", Map.of("Test", check, "Interval", 50_000_000L, "Retries", 2)));
        OutsideMaven maven = OutsideMaven.project("health", folder.resolve("project"), store())
                .withImage(image);

        Commands.Result well = maven.run("verify", "-Dhealth=well");
        assertThat(well.code()).as(well.output()).isZero();
        assertThat(well.output()).contains("Started checked (checked:1).", "The environment is struck.");

        Commands.Result ill = maven.run("verify", "-Dhealth=ill");
        assertThat(ill.code()).as(ill.output()).isEqualTo(1);
        assertThat(ill.output())
                .contains("The container checked (image checked:1) is unhealthy: 2 checks in a row have failed."
                        + " The last one exited with code 1:\n[ERROR]   ill\n");
        assertNothingLives();
    }

    @Test
    void skippedGoalsDoNothing() throws Exception {
        Commands.Result build = lifecycle().run("pre-integration-test", "-Dbivouac.skip");

        assertThat(build.code()).as(build.output()).isZero();
        assertThat(build.output()).contains("Skipped: bivouac.skip is set.").doesNotContain("Started");
        assertThat(store()).doesNotExist();
    }

    @Test
    void imagesAreLoadedAndListed() throws Exception {
        Commands.Result listed = nowhere()
                .run(
                        OutsideMaven.goal("images"),
                        OutsideMaven.goal("load"),
                        "-Dbivouac.archive=" + FixtureImages.busybox(),
                        "-Dbivouac.images=");

        assertThat(listed.code()).as(listed.output()).isZero();
        assertThat(listed.output()).contains("The store holds no images.", "Loaded busybox:1");
        listed = nowhere().run(OutsideMaven.goal("images"), "-Dbivouac.images=");
        assertThat(listed.output())
                .containsPattern("IMAGE +ID +PLATFORM +SIZE\n")
                .containsPattern("busybox:1 +[0-9a-f]{12} +linux/(amd64|arm64) +\\d\\.\\d MB\n");
    }

    @Test
    void archiveThatIsNoneIsRefused() throws Exception {
        Path file = Files.writeString(folder.resolve("archive.tar"), "no archive");

        Commands.Result loaded = nowhere().run(OutsideMaven.goal("load"), "-Dbivouac.archive=" + file);

        assertThat(loaded.code()).isEqualTo(1);
        assertThat(loaded.output())
                .contains("Loading images from " + file
                        + " failed: it is neither an OCI image layout nor an archive of docker save.");
    }

    @Test
    void imagesTravelByRegistryAndByFile() throws Exception {
        try (LocalRegistry registry = LocalRegistry.start(folder.resolve("registry"))) {
            String name = registry.name() + "/team/box:1";
            Path archive = folder.resolve("box.tar.gz");
            Commands.Result there = nowhere()
                    .run(
                            OutsideMaven.goal("load"),
                            OutsideMaven.goal("tag"),
                            "-Dbivouac.images=",
                            "-Dbivouac.archive=" + FixtureImages.busybox(),
                            "-Dbivouac.image=busybox:1",
                            "-Dbivouac.tag=" + name);
            assertThat(there.output()).contains("Loaded busybox:1", " as " + name + ".");
            there = nowhere().run(OutsideMaven.goal("push"), "-Dbivouac.images=", "-Dbivouac.image=" + name);
            assertThat(there.code()).as(there.output()).isZero();
            assertThat(there.output())
                    .containsPattern("Pushed " + name + ": \\d\\.\\d MB in \\d+\\.\\d s\\.")
                    .contains("The registry has " + name + ", sha256:");
            Commands.Result saved = nowhere()
                    .run(
                            OutsideMaven.goal("save"),
                            "-Dbivouac.images=",
                            "-Dbivouac.image=busybox:1," + name,
                            "-Dbivouac.archive=" + archive);
            assertThat(saved.output()).contains("Saved busybox:1, " + name + " to " + archive + ".");
            assertThat(archive).isNotEmptyFile();
            Commands.Result pruned =
                    nowhere().run(OutsideMaven.goal("prune"), "-Dbivouac.images=", "-Dbivouac.prune.unused");
            assertThat(pruned.output())
                    .contains("Removed ")
                    .containsPattern("\\d\\.\\d MB are free now that were not before\\.");
            Commands.Result pulled = nowhere()
                    .run(
                            OutsideMaven.goal("pull"),
                            OutsideMaven.goal("images"),
                            "-Dbivouac.images=",
                            "-Dbivouac.image=" + name,
                            "-Dbivouac.verify");
            assertThat(pulled.code()).as(pulled.output()).isZero();
            assertThat(pulled.output())
                    .containsPattern("Pulled " + name + ": \\d\\.\\d MB in \\d+\\.\\d s\\.")
                    .contains("The store has " + name + " (", "Everything in the store is as it was written.")
                    .containsPattern("The store has \\d\\.\\d MB of images, what they share counted once, and");
        }
    }

    @Test
    void imageThatIsNotThereBreaksTheBuildWithTheReason() throws Exception {
        try (LocalRegistry registry = LocalRegistry.start(folder.resolve("registry"))) {
            String name = registry.name() + "/team/none:1";

            Commands.Result pulled =
                    nowhere().run(OutsideMaven.goal("pull"), "-Dbivouac.images=", "-Dbivouac.image=" + name);

            assertThat(pulled.code()).isEqualTo(1);
            assertThat(pulled.output()).contains("Pulling the image " + name + " failed: ");
        }
    }

    @Test
    void damageIsNamed() throws Exception {
        nowhere().run(OutsideMaven.goal("load"), "-Dbivouac.images=", "-Dbivouac.archive=" + FixtureImages.busybox());
        Path largest;
        try (Stream<Path> blobs = Files.list(store().resolve("blobs/sha256"))) {
            largest = blobs.max(Comparator.comparingLong(blob -> blob.toFile().length()))
                    .orElseThrow();
        }
        Files.writeString(largest, "nonsense");

        Commands.Result verified = nowhere().run(OutsideMaven.goal("images"), "-Dbivouac.images=", "-Dbivouac.verify");

        assertThat(verified.output())
                .contains(
                        "busybox:1: blob sha256:" + largest.getFileName() + " is damaged: its content has the digest ")
                .contains(". Removed: it came from no registry; load or build it again.")
                .contains("The store holds no images.");
    }

    @Test
    void doctorTellsWhatTheHostAllows() throws Exception {
        Path json = folder.resolve("host.json");

        Commands.Result told = nowhere().run(OutsideMaven.goal("doctor"), "-Dbivouac.doctor.json=" + json);

        assertThat(told.code()).as(told.output()).isZero();
        assertThat(told.output())
                .containsPattern("works +namespaces +All that a container needs\\. \\[made one of each]");
        assertThat(json).content().contains("\"containers\": true", "\"subject\": \"overlay\"");
        assertNothingLives();
    }

    @Test
    void doctorFailsWhereAskedToAndSomethingIsMissing() throws Exception {
        String[] arguments = {OutsideMaven.goal("doctor"), "-Dbivouac.cgroup=none"};
        Commands.Result told = nowhere().run(arguments);
        assertThat(told.code()).as(told.output()).isZero();
        assertThat(told.output()).contains("[WARNING] control groups: Mount the control groups");

        Commands.Result strict = nowhere().run(arguments[0], arguments[1], "-Dbivouac.doctor.strict");
        assertThat(strict.code()).isNotZero();
        assertThat(strict.output()).contains("Not all works on this host, and bivouac.doctor.strict is set.");
    }
}
