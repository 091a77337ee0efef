package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bivouac.fixtures.FixtureImages;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Maven as somebody outside this build runs it: what we built comes from a repository, as if it were released. {@code
 * outside.properties} says where that repository and Maven itself are.
 */
final class OutsideMaven {
    /** What tests lock that use this class: two Mavens may not write to one repository. */
    static final String REPOSITORY = "repository";

    private static final Properties BUILD = build();
    /** What a project need not know. */
    private static final Set<String> OWN = Set.of("sources", "maven", REPOSITORY);

    private final Path folder;
    private final Path store;
    /** Value of {@code bivouac.images}; empty: all that there are. */
    private final String images;

    private OutsideMaven(Path folder, Path store, String images) {
        this.folder = folder;
        this.store = store;
        this.images = images;
    }

    /** Maven in a folder without a project. */
    static OutsideMaven in(Path folder, Path store) {
        return new OutsideMaven(folder, store, "");
    }

    /** A copy of one of the projects of {@code src/it}. */
    static OutsideMaven project(String name, Path target, Path store) throws IOException, InterruptedException {
        Path source = Path.of(required("sources"), name);
        Commands.Result copied = Commands.run("cp", "-rT", source.toString(), target.toString());
        if (copied.code() != 0) {
            throw new IOException(copied.output());
        }
        return new OutsideMaven(target, store, "");
    }

    /** Knowing this image alone: others need not be built. */
    OutsideMaven withImage(Path layout) {
        return new OutsideMaven(folder, store, layout.toString());
    }

    /** A goal of our plugin, by its full coordinates: no project declares it. */
    static String goal(String name) {
        return "io.bivouac:bivouac-maven-plugin:" + required("version") + ":" + name;
    }

    Commands.Result run(String... arguments) throws IOException, InterruptedException {
        return Commands.finish(command(arguments).redirectErrorStream(true).start());
    }

    /** Starts it, to be talked with. */
    Child start(String... arguments) throws IOException {
        return new Child(command(arguments).redirectErrorStream(true).start());
    }

    /** The command line, for a shell. */
    String commandLine(String... arguments) {
        return "'" + String.join("' '", command(arguments).command()) + "'";
    }

    /** Starts a {@link MavenDaemon}, to be told to {@link #build}. */
    Child daemon() throws IOException {
        Path home = Path.of(required("maven"));
        String classes = MavenDaemon.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath();
        return new ChildJvm()
                .classPath(classes + ":" + home.resolve("lib/*") + ":" + home.resolve("boot/*"))
                .option("-Dmaven.home=" + home)
                .option("-Dmvnd.home=" + home)
                .option("-Dmaven.multiModuleProjectDirectory=" + folder)
                .start(MavenDaemon.class, folder.toString());
    }

    /** Has a daemon build: its answer, once the build is over. */
    String build(Child daemon, String... arguments) throws IOException, InterruptedException {
        daemon.say(String.join("\t", arguments(arguments)));
        return daemon.await("built ");
    }

    ProcessBuilder command(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(required("maven"), "bin", "mvn").toString());
        command.addAll(arguments(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        // It is over before the better compiler has earned its time.
        builder.environment().put("MAVEN_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
        return builder;
    }

    private List<String> arguments(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--batch-mode",
                "--no-transfer-progress",
                "--settings=" + Path.of(required("sources"), "settings.xml"),
                "-Dmaven.repo.local=" + required(REPOSITORY),
                "-Dbivouac.store=" + store,
                "-Dbivouac.images=" + (images.isEmpty() ? FixtureImages.all() : images)));
        for (String name : BUILD.stringPropertyNames()) {
            if (!OWN.contains(name)) {
                arguments.add("-Dbivouac.it." + name + "=" + required(name));
            }
        }
        arguments.addAll(List.of(more));
        return arguments;
    }

    /** Returns when no session of this store is left. */
    static void awaitNoSession(Path store) {
        await().atMost(Duration.ofSeconds(2)).untilAsserted(() -> {
            try (Stream<Path> sessions = Files.list(store.resolve("sessions"))) {
                assertThat(sessions).isEmpty();
            }
        });
    }

    private static Properties build() {
        Properties properties = new Properties();
        try (InputStream in = OutsideMaven.class.getResourceAsStream("/outside.properties")) {
            properties.load(Objects.requireNonNull(in, "outside.properties"));
            return properties;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String required(String property) {
        return Objects.requireNonNull(BUILD.getProperty(property), property);
    }
}
