package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.HostException;
import io.bivouac.engine.Image;
import io.bivouac.engine.oci.Platform;
import io.bivouac.fixtures.FixtureImages;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageTests {
    /** Version 2, CAP_SETUID and seven others; see capabilities(7). */
    private static final String CAPABILITY = "0x0100000280000000ff0000000000000000000000";
    /** Version 3: the same for the user namespace whose root is user 100000. */
    private static final String NAMESPACED = "0x0100000380000000ff0000000000000000000000a0860100";

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private Engine emptyEngine() {
        return Engine.open(EngineOptions.defaults().withStore(folder.resolve("store")));
    }

    private static String output(Engine engine, String image, String... command) {
        try (Container container = engine.start(ContainerSpec.of(image).withCommand(command))) {
            container.waitForExit(Duration.ofSeconds(20));
            return container.logs();
        }
    }

    @Test
    void unpackingKeepsTheReserveToo() throws Exception {
        try (Engine engine = emptyEngine()) {
            engine.images().load(FixtureImages.busybox());
        }
        EngineOptions careful =
                EngineOptions.defaults().withStore(folder.resolve("store")).withStoreReserve(Long.MAX_VALUE / 2);
        try (Engine engine = Engine.open(careful)) {
            assertThatThrownBy(() -> engine.start(ContainerSpec.of("busybox:1")))
                    .isInstanceOf(HostException.class)
                    .hasMessageStartingWith("Unpacking the image busybox:1 failed: the file system of the store "
                            + folder.resolve("store") + " has ")
                    .hasMessageContaining(" are kept in reserve. Free space with mvn bivouac:prune");
        }
        try (Engine engine = emptyEngine()) {
            assertThat(output(engine, "busybox:1", "echo", "hi")).isEqualTo("hi\n");
        }
    }

    @Test
    void layoutIsLoadedFoundListedTaggedAndRemoved() throws Exception {
        try (Engine engine = emptyEngine()) {
            Image loaded = engine.images().load(FixtureImages.busybox()).get(0);

            assertThat(loaded.references()).containsExactly("busybox:1");
            assertThat(engine.images().find("busybox:1")).map(Image::digest).contains(loaded.digest());
            assertThat(engine.images().find(loaded.id())).map(Image::id).contains(loaded.id());
            assertThat(engine.images().find("docker.io/library/busybox:1")).isPresent();
            assertThat(engine.images().find("busybox@" + loaded.digest())).isPresent();
            assertThat(engine.images().find("busybox:2")).isEmpty();
            assertThat(engine.images().list()).extracting(Image::id).containsExactly(loaded.id());

            Image tagged = engine.images().tag("busybox:1", "local/box:new");
            assertThat(tagged.references()).containsExactlyInAnyOrder("busybox:1", "local/box:new");
            assertThat(output(engine, "local/box:new", "echo", "hi")).isEqualTo("hi\n");
            assertThat(output(engine, loaded.id(), "echo", "by id")).isEqualTo("by id\n");

            engine.images().remove("busybox:1");
            assertThat(engine.images().find("busybox:1")).isEmpty();
            assertThat(engine.images().find("local/box:new")).isPresent();
            engine.images().remove("local/box:new");
            assertThat(engine.images().list()).isEmpty();
        }
        assertThat(filesIn(folder.resolve("store/blobs"))).isEmpty();
        // What every container has below its image is no image's.
        assertThat(filesIn(folder.resolve("store/layers")))
                .filteredOn(file -> !file.toString().contains("/scaffold/"))
                .isEmpty();
    }

    @Test
    void imageThatIsRemovedUnderAContainerIsKeptForIt() throws Exception {
        try (Engine engine = emptyEngine();
                Engine other = emptyEngine()) {
            engine.images().load(FixtureImages.busybox());
            try (Container container = engine.start(ContainerSpec.of("busybox:1")
                    .withCommand("sleep", "1000")
                    .withStopTimeout(Duration.ofMillis(50)))) {
                // By an engine that knows nothing of the container, as another process would.
                other.images().remove("busybox:1");
                assertThat(engine.images().find("busybox:1")).isEmpty();

                assertThat(container.exec("sh", "-c", "ls /bin | wc -l").exitCode())
                        .isZero();
                container.restart();
                container.commit("rescued:1");
                assertThat(output(engine, "rescued:1", "echo", "alive")).isEqualTo("alive\n");
            }
        }
    }

    private static List<Path> filesIn(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    @Test
    void archivesOfOtherToolsAreLoaded() throws Exception {
        Path oci = folder.resolve("oci.tar");
        Path docker = folder.resolve("docker.tar");
        Path gzipped = folder.resolve("docker.tar.gz");
        String source = "oci:" + FixtureImages.busybox() + ":busybox:1";
        assertThat(Commands.run("skopeo", "copy", source, "oci-archive:" + oci + ":other/oci:1")
                        .code())
                .isZero();
        assertThat(Commands.run("skopeo", "copy", source, "docker-archive:" + docker + ":other/docker:1")
                        .code())
                .isZero();
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gzipped))) {
            Files.copy(docker, out);
        }
        try (Engine engine = emptyEngine()) {
            assertThat(engine.images().load(oci).get(0).references()).containsExactly("other/oci:1");
            assertThat(output(engine, "other/oci:1", "echo", "oci")).isEqualTo("oci\n");
            engine.images().remove("other/oci:1");

            assertThat(engine.images().load(docker).get(0).references()).containsExactly("other/docker:1");
            assertThat(output(engine, "other/docker:1", "echo", "docker")).isEqualTo("docker\n");
            engine.images().remove("other/docker:1");

            engine.images().load(gzipped);
            assertThat(output(engine, "other/docker:1", "echo", "gzip")).isEqualTo("gzip\n");
        }
    }

    @Test
    void folderOfLayoutsProvidesImagesAndWinsOverTheStore() throws Exception {
        Path layouts = Files.createDirectories(folder.resolve("layouts"));
        Path first = SmallImages.write(layouts.resolve("a"), "provided:1", tar -> tar.file("text", 0644, "first"));
        EngineOptions options = EngineOptions.defaults()
                .withStore(folder.resolve("store"))
                .withImages(List.of(layouts, FixtureImages.busybox()));
        try (Engine engine = Engine.open(options)) {
            assertThat(text(engine)).isEqualTo("first");

            SmallImages.delete(first);
            SmallImages.write(layouts.resolve("a"), "provided:1", tar -> tar.file("text", 0644, "second, longer"));

            assertThat(text(engine)).isEqualTo("second, longer");
        }
    }

    private String text(Engine engine) throws IOException {
        Path out = folder.resolve("text");
        try (Container container =
                engine.start(ContainerSpec.of("provided:1").withEntrypoint("/probe", "sleep", "0"))) {
            container.copyFrom("/text", out);
            return Files.readString(out);
        }
    }

    @Test
    void saveRefusesAnExistingTargetAndUnknownImages() throws Exception {
        Path existing = Files.writeString(folder.resolve("there.tar"), "mine");
        try (Engine engine = emptyEngine()) {
            engine.images().load(FixtureImages.probe());

            assertThatThrownBy(() -> engine.images().save(existing, "probe:1"))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("Saving probe:1 to " + existing + " failed: " + existing
                            + " exists already. Choose another target or delete it.");
            assertThat(existing).hasContent("mine");
            assertThatThrownBy(() -> engine.images().save(folder.resolve("x"), "none:1"))
                    .hasMessageStartingWith("The image none:1 is not in the store " + folder.resolve("store") + ", ");
        }
    }

    @Test
    void savedLayoutIsCompleteAndReadByOthers() throws Exception {
        Path layout = folder.resolve("saved");
        try (Engine engine = emptyEngine()) {
            Image image = engine.images().load(FixtureImages.busybox()).get(0);
            engine.images().save(layout, "busybox:1");

            Commands.Result copied = Commands.run(
                    "skopeo",
                    "copy",
                    "--preserve-digests",
                    "oci:" + layout + ":busybox:1",
                    "dir:" + folder.resolve("dir"));
            assertThat(copied.code()).as(copied.output()).isZero();
            assertThat(Files.readString(layout.resolve("index.json")))
                    .contains(image.digest().toString());
        }
    }

    @Test
    void damagedLayoutIsRefusedAndLeavesNothing() throws Exception {
        Path layout = folder.resolve("damaged");
        Commands.run("cp", "-r", FixtureImages.probe().toString(), layout.toString());
        Path largest = filesIn(layout.resolve("blobs")).stream()
                .max((a, b) -> Long.compare(a.toFile().length(), b.toFile().length()))
                .orElseThrow();
        byte[] content = Files.readAllBytes(largest);
        content[content.length / 2] ^= 1;
        Files.write(largest, content);

        try (Engine engine = emptyEngine()) {
            assertThatThrownBy(() -> engine.images().load(layout))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith("Loading images from " + layout + " failed: blob sha256:"
                            + largest.getFileName() + " is damaged: its content has the digest sha256:");
            assertThat(engine.images().list()).isEmpty();

            Files.write(largest, Arrays.copyOf(content, content.length - 1));
            assertThatThrownBy(() -> engine.images().load(layout))
                    .hasMessage("Loading images from " + layout + " failed: blob sha256:" + largest.getFileName()
                            + " is damaged: it has " + (content.length - 1) + " of " + content.length + " bytes.");
        }
    }

    @Test
    void whatIsNoImageIsSaid() throws Exception {
        Path text = Files.writeString(folder.resolve("text.tar"), "no tar at all");
        Path empty = Files.createDirectories(folder.resolve("empty"));
        try (Engine engine = emptyEngine()) {
            assertThatThrownBy(() -> engine.images().load(empty))
                    .hasMessage("Loading images from " + empty
                            + " failed: it is neither an OCI image layout nor an archive of docker save.");
            assertThatThrownBy(() -> engine.images().load(folder.resolve("none")))
                    .hasMessage("Loading images from " + folder.resolve("none") + " failed: it does not exist.");
            assertThatThrownBy(() -> engine.images().load(text)).isInstanceOf(ConfigurationException.class);
        }
    }

    /** What a hostile archive can say about names: nothing outside of its layer is ever touched. */
    @Test
    void layerThatLeadsOutIsRefusedOrStaysInside() throws Exception {
        Path canary = Files.createDirectories(folder.resolve("canary"));
        String dots = "../".repeat(20) + canary.toString().substring(1);
        SmallImages.write(folder.resolve("dots"), "evil/dots:1", tar -> tar.file(dots + "/x", 0644, "evil"));
        SmallImages.write(
                folder.resolve("link"),
                "evil/link:1",
                tar -> tar.symlink("out", canary.toString()).file("out/x", 0644, "evil"));
        SmallImages.write(
                folder.resolve("hard"), "evil/hard:1", tar -> tar.hardLink("stolen", "../../../../etc/shadow"));
        SmallImages.write(folder.resolve("root"), "evil/root:1", tar -> tar.symlink(".", "/etc"));
        try (Engine engine = emptyEngine()) {
            for (String name : List.of("dots", "link", "hard", "root")) {
                engine.images().load(folder.resolve(name));
            }
            assertThatThrownBy(() -> engine.start(ContainerSpec.of("evil/dots:1")))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("the name of an entry leads out of the layer: " + dots + "/x");
            assertThatThrownBy(() -> engine.start(ContainerSpec.of("evil/hard:1")))
                    .hasMessageContaining("the name of an entry leads out of the layer: ../../../../etc/shadow");
            assertThatThrownBy(() -> engine.start(ContainerSpec.of("evil/root:1")))
                    .hasMessageContaining("the root of the layer is not a folder but a SYMLINK");
            try (Container container = engine.start(ContainerSpec.of("evil/link:1"))) {
                Path inside = folder.resolve("inside");
                container.copyFrom(canary + "/x", inside);
                assertThat(inside).hasContent("evil");
            }
        }
        assertThat(canary).isEmptyDirectory();
    }

    @Test
    void laterLayersReplaceAndHideEarlierOnes() throws Exception {
        Path layout = SmallImages.write(
                folder.resolve("layers"),
                "layers:1",
                tar -> tar.folder("d", 0750)
                        .file("d/kept", 0644, "1")
                        .file("d/gone", 0644, "1")
                        .file("replaced", 0600, "1"),
                tar -> tar.file("d/.wh.gone", 0644, "")
                        .file("replaced", 0644, "2")
                        .folder("opaque", 0755)
                        .file("opaque/below", 0644, ""),
                tar -> tar.file("opaque/.wh..wh..opq", 0644, "")
                        .file("opaque/above", 0644, "3")
                        .file("d/implied", 0644, ""));
        try (Engine engine = emptyEngine()) {
            engine.images().load(layout);
            try (Container container = engine.start(ContainerSpec.of("layers:1"))) {
                Path out = folder.resolve("out");
                container.copyFrom("/d", out.resolve("d"));
                container.copyFrom("/opaque", out.resolve("opaque"));
                container.copyFrom("/replaced", out.resolve("replaced"));

                assertThat(out.resolve("d/kept")).hasContent("1");
                assertThat(out.resolve("d/gone")).doesNotExist();
                assertThat(out.resolve("replaced")).hasContent("2");
                assertThat(out.resolve("opaque/below")).doesNotExist();
                assertThat(out.resolve("opaque/above")).hasContent("3");
                // The last layer names a file in d but not d itself, whose mode must stay that of the layer below.
                Path layers = onlyChild(folder.resolve("store/layers"));
                assertThat(modesOf(layers, "d")).containsOnly("rwxr-x---");
            }
        }
    }

    /** Layers of the one id map that was used. */
    private static Path onlyChild(Path path) throws IOException {
        try (Stream<Path> children = Files.list(path)) {
            return children.findFirst().orElseThrow();
        }
    }

    private static List<String> modesOf(Path layers, String name) throws IOException {
        try (Stream<Path> children = Files.list(layers)) {
            List<String> modes = new ArrayList<>();
            for (Path child : children.map(layer -> layer.resolve(name))
                    .filter(Files::isDirectory)
                    .toList()) {
                modes.add(PosixFilePermissions.toString(Files.getPosixFilePermissions(child)));
            }
            return modes;
        }
    }

    /** What a first start writes beside the layers of its image is not taken for garbage by who tidies up at that moment. */
    @Test
    void firstStartsGoOnWhileOtherImagesAreRemoved() throws Exception {
        int images = 8;
        try (Engine engine = emptyEngine()) {
            engine.images().load(FixtureImages.probe());
            for (int i = 0; i < images; i++) {
                String content = "layer " + i;
                String name = "first" + i + ":1";
                engine.images()
                        .load(SmallImages.write(folder.resolve("" + i), name, tar -> tar.file("x", 0644, content)));
            }
            AtomicBoolean done = new AtomicBoolean();
            ExecutorService remover = Executors.newSingleThreadExecutor();
            try {
                Future<?> removals = remover.submit(() -> {
                    while (!done.get()) {
                        engine.images().tag("probe:1", "gone:1");
                        engine.images().remove("gone:1");
                    }
                });
                for (int i = 0; i < images; i++) {
                    engine.start(ContainerSpec.of("first" + i + ":1")).close();
                }
                done.set(true);
                removals.get();
            } finally {
                done.set(true);
                remover.shutdown();
            }
        }
    }

    /** Binary attributes and names that are no UTF-8 come through commit, save and load unharmed. */
    @Test
    @Tag("root")
    void capabilitiesAndOddNamesAreKeptByteForByte() throws Exception {
        Path archive = folder.resolve("odd.tar");
        String describe = "cd /odd; for f in *; do printf %s \"$f\" | od -An -tx1; done; ls | wc -l";
        String before;
        try (Container container = Engines.busybox()) {
            container.exec(
                    "sh",
                    "-c",
                    "mkdir /odd; cd /odd; touch \"$(printf 'bad\\377name')\" \"$(printf 'umlaut-\\303\\274')\";"
                            + " touch " + "x".repeat(200) + "; cp /bin/busybox capable; cp /bin/busybox namespaced");
            before = container.exec("sh", "-c", describe).stdout();
            setCapability(container, "capable", CAPABILITY);
            setCapability(container, "namespaced", NAMESPACED);
            container.commit("odd/names:1");
            Engines.shared().images().save(archive, "odd/names:1");
            Engines.shared().images().remove("odd/names:1");
        }
        try (Engine engine = emptyEngine()) {
            engine.images().load(archive);
            assertThat(output(engine, "odd/names:1", "sh", "-c", describe)).isEqualTo(before);
            assertThat(capabilitiesIn(onlyChild(folder.resolve("store/layers"))))
                    .containsExactlyInAnyOrder(CAPABILITY, NAMESPACED);
        }
    }

    /** Values above 0x7f are what a text encoding would spoil. The file lies in the upper directory on the host. */
    private static void setCapability(Container container, String name, String value) throws Exception {
        String inSession = container.id().substring(0, 12) + "/upper/odd/" + name;
        try (Stream<Path> sessions = Files.list(Engines.folder().resolve("store/sessions"))) {
            Path file = sessions.map(session -> session.resolve(inSession))
                    .filter(Files::exists)
                    .findFirst()
                    .orElseThrow();
            Commands.Result set = Commands.run("setfattr", "-n", "security.capability", "-v", value, file.toString());
            assertThat(set.code()).as(set.output()).isZero();
        }
    }

    private static List<String> capabilitiesIn(Path layers) throws Exception {
        Commands.Result found = Commands.run(
                "getfattr",
                "-R",
                "-P",
                "-d",
                "-m",
                "security.capability",
                "-e",
                "hex",
                "--absolute-names",
                layers.toString());
        return found.output()
                .lines()
                .filter(line -> line.startsWith("security.capability="))
                .map(line -> line.substring(line.indexOf('=') + 1))
                .toList();
    }

    @Test
    void imageForAnotherProcessorIsRefused() throws Exception {
        String here = Platform.host().architecture();
        String other = here.equals("arm64") ? "amd64" : "arm64";
        Path layout = SmallImages.writeFor(folder.resolve("other"), "other/image:1", other);
        try (Engine engine = emptyEngine()) {
            engine.images().load(layout);

            assertThatThrownBy(() -> engine.start(ContainerSpec.of("other/image:1")))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("The image other/image:1 is for linux/" + other
                            + " and cannot run here: this host is linux/" + here + ". Load an image built for it.");
        }
    }
}
