package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What other tools write we unpack, and what we write they unpack: the same trees, entry by entry. */
@Tag("root")
class RoundTripTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private static Path folder;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static Path archive;

    @SuppressWarnings("NullAway.Init")
    private static List<String> expected;

    /** A layout of one layer that umoci wrote. */
    @SuppressWarnings("NullAway.Init")
    private static Path byUmoci;

    /** A layout that a container was committed to whose own work the trees are. */
    @SuppressWarnings("NullAway.Init")
    private static Path byUs;

    @BeforeAll
    static void write() throws Exception {
        archive = Files.write(folder.resolve("trees.tar"), OddTrees.archive());
        expected = OddTrees.describe(OddTrees.unpack(archive, folder.resolve("expected")));
        assertThat(expected).hasSizeGreaterThan(OddTrees.TREES * 30);
        byUmoci = writeByUmoci();
        byUs = writeByUs();
    }

    /** Modes of folders keep even their owner out, which cleaning up by JUnit does not expect. */
    @AfterAll
    static void remove() throws Exception {
        run("chmod", "-R", "u+rwX", folder.toString());
    }

    private static void assertSame(List<String> actual) {
        assertThat(OddTrees.differences(actual, expected)).isEmpty();
        assertThat(actual).hasSameSizeAs(expected);
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Commands.Result result = Commands.run(command);
        assertThat(result.code())
                .as(String.join(" ", command) + "\n" + result.output())
                .isZero();
        return result.output().strip();
    }

    private static Path writeByUmoci() throws Exception {
        Path layout = folder.resolve("umoci");
        Path bundle = folder.resolve("umoci-bundle");
        run("umoci", "init", "--layout", layout.toString());
        run("umoci", "new", "--image", layout + ":odd");
        run("umoci", "unpack", "--image", layout + ":odd", bundle.toString());
        OddTrees.unpack(archive, bundle.resolve("rootfs"));
        run("umoci", "repack", "--image", layout + ":odd", bundle.toString());
        return layout;
    }

    /** GNU tar unpacks the trees into a running container, by the way that the kernel has for it. */
    private static Path writeByUs() throws Exception {
        Path layout = folder.resolve("saved");
        String mark = "round-trip-" + ProcessHandle.current().pid();
        ContainerSpec spec =
                ContainerSpec.of("busybox:1").withCommand("sh", "-c", "while true; do sleep 1000; done", mark);
        try (Container container = Engines.shared().start(spec)) {
            Path root = rootOf(mark);
            OddTrees.unpack(archive, root);
            assertSame(OddTrees.describe(root));
            // Everything but the time of the folder they were put into is as it was in the archive.
            run("touch", "--date=@1000000000", root.toString());
            container.commit("round/trip:1");
        }
        Engines.shared().images().save(layout, "round/trip:1");
        Engines.shared().images().remove("round/trip:1");
        return layout;
    }

    private static Path rootOf(String mark) throws IOException {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes
                    .filter(process -> process.getFileName().toString().matches("\\d+"))
                    .filter(process -> commandLine(process).endsWith("\0" + mark + "\0"))
                    .findFirst()
                    .orElseThrow()
                    .resolve("root");
        }
    }

    private static String commandLine(Path process) {
        try {
            return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // Gone meanwhile.
            return "";
        }
    }

    /** Loads an image and looks at the layers as they are unpacked. */
    private static List<String> unpackedByUs(Path image, int layers) throws Exception {
        Path store = Files.createTempDirectory(folder, "store");
        try (Engine engine = Engine.open(EngineOptions.defaults().withStore(store))) {
            String id = engine.images().load(image).get(0).id();
            try (Container container = engine.start(ContainerSpec.of(id).withCommand("/none"))) {
                throw new AssertionError("an image without programs has started: " + container);
            } catch (ContainerException e) {
                // No program is needed: its layers are there.
            }
            List<Path> found = new ArrayList<>();
            try (Stream<Path> folders = Files.list(store.resolve("layers/root"))) {
                folders.filter(path -> path.getFileName().toString().matches("[0-9a-f]{28}"))
                        .forEach(found::add);
            }
            assertThat(found).hasSize(layers);
            return OddTrees.describe(
                    found.size() == 1
                            ? found.get(0)
                            : found.stream()
                                    .filter(path -> Files.exists(path.resolve("t0")))
                                    .findFirst()
                                    .orElseThrow());
        }
    }

    @Test
    void whatUmociWritesWeUnpack() throws Exception {
        assertSame(unpackedByUs(byUmoci, 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"oci:zstd", "oci:gzip", "oci-archive:gzip", "docker-archive:"})
    void whatSkopeoConvertsWeUnpack(String form) throws Exception {
        String transport = form.substring(0, form.indexOf(':'));
        String compression = form.substring(form.indexOf(':') + 1);
        Path target = Files.createTempDirectory(folder, "skopeo").resolve("image");
        List<String> command = new ArrayList<>(List.of("skopeo", "copy", "--quiet"));
        if (!compression.isEmpty()) {
            command.addAll(List.of("--dest-compress-format", compression));
        }
        command.addAll(List.of("oci:" + byUs + ":round/trip:1", transport + ":" + target + ":odd:1"));

        run(command.toArray(String[]::new));

        assertSame(unpackedByUs(target, 2));
    }

    private static String[] tool(String name, Path storage, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                name,
                "--root",
                storage.resolve("root").toString(),
                "--runroot",
                storage.resolve("run").toString()));
        command.addAll(List.of("--storage-driver", "vfs"));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    @Test
    void whatBuildahWritesWeUnpack() throws Exception {
        Path storage = Files.createTempDirectory(folder, "buildah");
        Path layout = storage.resolve("layout");
        String container = run(tool("buildah", storage, "from", "scratch"));
        Path mounted = Path.of(run(tool("buildah", storage, "mount", container)));
        OddTrees.unpack(archive, mounted);
        run(tool("buildah", storage, "commit", "--quiet", container, "oci:" + layout + ":odd"));

        assertSame(unpackedByUs(layout, 1));
    }

    @Test
    void whatPodmanWritesWeUnpack() throws Exception {
        Path storage = Files.createDirectories(folder.resolve("in"));
        Path saved = storage.resolve("saved.tar");
        String id = run(tool("podman", storage, "import", "--quiet", archive.toString(), "odd:1"));
        run(tool("podman", storage, "save", "--quiet", "--output", saved.toString(), id));

        assertSame(unpackedByUs(saved, 1));
    }

    /** Many zstd frames, and skippable ones with a table of contents, that the layer's annotations name. */
    @Test
    void whatPodmanWritesInChunksWeUnpack() throws Exception {
        Path storage = Files.createDirectories(folder.resolve("chunked"));
        Path layout = storage.resolve("layout");
        String id = run(tool("podman", storage, "import", "--quiet", archive.toString(), "odd:1"));
        String target = "oci:" + layout + ":odd";
        run(tool("podman", storage, "push", "--quiet", "--compression-format", "zstd:chunked", id, target));
        assertThat(run("skopeo", "inspect", "--raw", target)).contains("io.containers.zstd-chunked.manifest-position");

        assertSame(unpackedByUs(layout, 1));
    }

    @Test
    void whatWeWriteUmociUnpacks() throws Exception {
        Path bundle = folder.resolve("by-us-bundle");
        run("umoci", "unpack", "--image", byUs + ":round/trip:1", bundle.toString());

        assertSame(OddTrees.describe(bundle.resolve("rootfs")));
    }

    @Test
    void whatWeWriteBuildahUnpacks() throws Exception {
        Path storage = Files.createTempDirectory(folder, "buildah");
        String container = run(tool("buildah", storage, "from", "--quiet", "oci:" + byUs + ":round/trip:1"));
        String mounted = run(tool("buildah", storage, "mount", container));

        assertSame(OddTrees.describe(Path.of(mounted)));
    }

    @Test
    void whatWeWritePodmanUnpacks() throws Exception {
        Path storage = Files.createDirectories(folder.resolve("out"));
        String id = run(tool("podman", storage, "pull", "--quiet", "oci:" + byUs + ":round/trip:1"));
        String mounted = run(tool("podman", storage, "image", "mount", id));

        assertSame(OddTrees.describe(Path.of(mounted)));
    }

    /** The same records are the same bytes, whenever they are written. */
    @Test
    void commitsAreReproducible() throws Exception {
        assertThat(layersOf(writeByUsAgain())).isEqualTo(layersOf(byUs));
    }

    private static Path writeByUsAgain() throws Exception {
        Path first = byUs;
        Path moved = folder.resolve("saved-first");
        Files.move(first, moved);
        try {
            Path again = writeByUs();
            Files.move(again, folder.resolve("saved-again"));
            return folder.resolve("saved-again");
        } finally {
            Files.move(moved, first);
        }
    }

    private static Map<String, ?> layersOf(Path layout) throws Exception {
        String manifest = run("skopeo", "inspect", "--raw", "oci:" + layout + ":round/trip:1");
        return Map.of(
                "layers",
                Json.parseObject(manifest.getBytes(StandardCharsets.UTF_8)).get("layers"));
    }
}
