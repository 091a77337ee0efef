package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Image;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.Index;
import io.bivouac.engine.oci.MediaTypes;
import io.bivouac.engine.oci.Platform;
import io.bivouac.fixtures.FixtureImages;
import io.bivouac.fixtures.TarBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that images travel in, written by us and read by others, and the other way round. */
class ImageFormatTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private Engine engine(String store) {
        return Engine.open(EngineOptions.defaults().withStore(folder.resolve(store)));
    }

    private static String output(Engine engine, String image, String... command) {
        try (Container container = engine.start(ContainerSpec.of(image).withCommand(command))) {
            container.waitForExit(Duration.ofSeconds(20));
            return container.logs();
        }
    }

    private static String run(String... command) throws Exception {
        Commands.Result result = Commands.run(command);
        assertThat(result.code()).as(result.output()).isZero();
        return result.output();
    }

    /** Fields nobody knows stay where they are: it is the bytes that have a digest. */
    private static byte[] withUnknownField(byte[] document) {
        Map<String, Object> json = new LinkedHashMap<>(Json.parseObject(document));
        json.put("org.example.later", Map.of("added", "by a later specification"));
        return Json.writePretty(json);
    }

    private static Map<String, Object> add(Path layout, String type, byte[] content) throws IOException {
        Digest digest = Digest.of(content);
        Files.write(layout.resolve("blobs/sha256").resolve(digest.hex()), content);
        return new LinkedHashMap<>(
                Map.of("mediaType", type, "digest", digest.toString(), "size", (long) content.length));
    }

    private static Digest digestIn(Path layout) throws IOException {
        return Index.of(Json.parseObject(Files.readAllBytes(layout.resolve("index.json"))))
                .manifests()
                .get(0)
                .digest();
    }

    /** One name for this host's platform and another one. */
    private Path layoutOfTwoPlatforms(String name) throws IOException {
        Path layout = SmallImages.write(folder.resolve("two"), name, tar -> tar.file("text", 0644, "ours"));
        String foreign = Platform.host().architecture().equals("s390x") ? "riscv64" : "s390x";
        Path other = SmallImages.writeFor(folder.resolve("foreign"), name, foreign);
        List<Map<String, Object>> manifests = new ArrayList<>();
        for (Map.Entry<Path, String> each :
                Map.of(other, foreign, layout, Platform.host().architecture()).entrySet()) {
            byte[] manifest = Files.readAllBytes(each.getKey()
                    .resolve("blobs/sha256")
                    .resolve(digestIn(each.getKey()).hex()));
            Map<String, Object> entry = add(layout, MediaTypes.MANIFEST, withUnknownField(manifest));
            entry.put("platform", Map.of("os", "linux", "architecture", each.getValue()));
            manifests.add(entry);
        }
        try (Stream<Path> blobs = Files.list(other.resolve("blobs/sha256"))) {
            for (Path blob : blobs.toList()) {
                Path target = layout.resolve("blobs/sha256").resolve(blob.getFileName());
                if (!Files.exists(target)) {
                    Files.copy(blob, target);
                }
            }
        }
        Map<String, Object> index = Map.of("schemaVersion", 2L, "mediaType", MediaTypes.INDEX, "manifests", manifests);
        Map<String, Object> root = add(layout, MediaTypes.INDEX, withUnknownField(Json.write(index)));
        root.put("annotations", Map.of("org.opencontainers.image.ref.name", name));
        Files.write(layout.resolve("index.json"), Json.write(Map.of("schemaVersion", 2L, "manifests", List.of(root))));
        return layout;
    }

    @ParameterizedTest
    @ValueSource(strings = {"saved", "saved.tar", "saved.tar.gz"})
    void indexWithAllItsPlatformsSurvivesSavingAndLoading(String target) throws Exception {
        Path layout = layoutOfTwoPlatforms("two:1");
        Digest index = digestIn(layout);
        Digest manifest;
        try (Engine engine = engine("first")) {
            Image image = engine.images().load(layout).get(0);
            manifest = image.digest();
            assertThat(engine.images().find("two@" + index)).map(Image::id).contains(image.id());
            engine.images().save(folder.resolve(target), "two:1");
        }
        try (Engine engine = engine("second")) {
            Image image = engine.images().load(folder.resolve(target)).get(0);

            assertThat(image.references()).containsExactly("two:1");
            assertThat(image.digest()).isEqualTo(manifest);
            assertThat(engine.images().find("two@" + index)).map(Image::id).contains(image.id());
            engine.images().save(folder.resolve("again"), "two:1");
        }
        assertThat(digestIn(folder.resolve("again"))).isEqualTo(index);
        // Nothing of the foreign platform was lost: skopeo copies the whole index only when all of it is there.
        run(
                "skopeo",
                "copy",
                "--all",
                "--preserve-digests",
                "oci:" + folder.resolve("again") + ":two:1",
                "dir:" + folder.resolve("dir"));
        assertThat(Digest.of(Files.readAllBytes(folder.resolve("dir/manifest.json"))))
                .isEqualTo(index);
    }

    @Test
    void severalImagesShareOneFile() throws Exception {
        Path archive = folder.resolve("several.tar.gz");
        List<String> ids;
        try (Engine engine = engine("first")) {
            Image probe = engine.images().load(FixtureImages.probe()).get(0);
            Image busybox = engine.images().load(FixtureImages.busybox()).get(0);
            engine.images().tag("probe:1", "registry.example:5000/team/probe:2");
            ids = List.of(probe.id(), busybox.id(), probe.id());
            engine.images().save(archive, "probe:1", "busybox:1", "registry.example:5000/team/probe:2");
        }
        List<String> files = run("tar", "-tzf", archive.toString()).lines().toList();
        assertThat(files).doesNotHaveDuplicates();
        try (Engine engine = engine("second")) {
            assertThat(engine.images().load(archive)).extracting(Image::id).isEqualTo(ids);
            assertThat(engine.images().list())
                    .flatExtracting(Image::references)
                    .containsExactlyInAnyOrder("probe:1", "busybox:1", "registry.example:5000/team/probe:2");
        }
    }

    @Tag("root")
    @Test
    void othersReadWhatIsSaved() throws Exception {
        Path archive = folder.resolve("saved.tar");
        Image image;
        try (Engine engine = engine("store")) {
            image = engine.images().load(FixtureImages.busybox()).get(0);
            engine.images().save(archive, "busybox:1");
            engine.images().save(folder.resolve("saved"), "busybox:1");
        }
        String hex = image.id().substring("sha256:".length());
        assertThat(configDigest("docker-archive:" + archive + ":busybox:1")).isEqualTo(hex);
        assertThat(configDigest("oci-archive:" + archive + ":busybox:1")).isEqualTo(hex);
        assertThat(configDigest("oci:" + folder.resolve("saved") + ":busybox:1"))
                .isEqualTo(hex);
        try (Podman podman = new Podman(folder)) {
            assertThat(podman.succeed("load", "--input", archive.toString())).contains("docker.io/library/busybox:1");
            assertThat(podman.succeed("images", "--no-trunc", "--format", "{{.ID}}"))
                    .isEqualTo(image.id());
        }
    }

    private static String configDigest(String image) throws Exception {
        return Digest.of(run("skopeo", "inspect", "--raw", "--config", image).getBytes(StandardCharsets.UTF_8))
                .hex();
    }

    @Tag("root")
    @Test
    void whatOthersSaveIsRead() throws Exception {
        try (Podman podman = new Podman(folder);
                Engine engine = engine("store")) {
            podman.succeed("pull", "--quiet", "oci:" + FixtureImages.busybox() + ":busybox:1");
            String id = podman.succeed("images", "--no-trunc", "--format", "{{.ID}}");
            podman.succeed("tag", id, "localhost/a:1", "localhost/b:1");
            for (String format : List.of("docker-archive", "oci-archive", "oci-dir")) {
                Path target = folder.resolve(format);
                podman.succeed("save", "--format", format, "--output", target.toString(), "localhost/a:1");
                Image image = engine.images().load(target).get(0);

                assertThat(image.references()).as(format).contains("localhost/a:1");
                assertThat(output(engine, "localhost/a:1", "echo", format)).isEqualTo(format + "\n");
                engine.images().remove("localhost/a:1");
            }
            Path both = folder.resolve("both.tar");
            podman.succeed(
                    "save", "--multi-image-archive", "--output", both.toString(), "localhost/a:1", "localhost/b:1");
            engine.images().load(both);
            assertThat(engine.images().list())
                    .flatExtracting(Image::references)
                    .containsExactlyInAnyOrder("localhost/a:1", "localhost/b:1");
        }
    }

    @Test
    void userSpaceInATarBecomesAnImage() throws Exception {
        Path tar = folder.resolve("rootfs.tar");
        try (TarBuilder builder = new TarBuilder(tar)) {
            builder.file("probe", 0755, FixtureImages.probeProgram()).file("etc/motd", 0644, "welcome");
        }
        Path gzipped = folder.resolve("rootfs.tar.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gzipped))) {
            Files.copy(tar, out);
        }
        try (Engine engine = engine("store")) {
            Image plain = engine.images().importRootfs(tar, "mine:plain");
            Image small = engine.images().importRootfs(gzipped, "mine:gzipped");

            assertThat(small.config().diffIds()).isEqualTo(plain.config().diffIds());
            assertThat(engine.images().importRootfs(tar, "mine:again").id()).isEqualTo(plain.id());
            for (String name : List.of("mine:plain", "mine:gzipped")) {
                try (Container container =
                        engine.start(ContainerSpec.of(name).withEntrypoint("/probe", "sleep", "0"))) {
                    container.copyFrom("/etc/motd", folder.resolve("motd"));
                    assertThat(folder.resolve("motd")).hasContent("welcome");
                }
            }
        }
    }

    @Test
    void whatIsNoUserSpaceIsRefused() throws Exception {
        Path text = Files.writeString(
                folder.resolve("text"), "no archive, and long enough for a header: " + "x".repeat(600));
        Path empty = folder.resolve("empty.tar");
        new TarBuilder(empty).close();
        Path whole = folder.resolve("whole.tar");
        try (TarBuilder builder = new TarBuilder(whole)) {
            builder.file("file", 0644, new byte[100_000]);
        }
        Path cut = Files.write(folder.resolve("cut.tar"), Arrays.copyOf(Files.readAllBytes(whole), 50_000));
        try (Engine engine = engine("store")) {
            assertThatThrownBy(() -> engine.images().importRootfs(text, "mine:1"))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith(
                            "Importing the user space in " + text + " as mine:1 failed: it is no whole tar archive: ");
            assertThatThrownBy(() -> engine.images().importRootfs(empty, "mine:1"))
                    .hasMessage(
                            "Importing the user space in " + empty + " as mine:1 failed: there are no files in it.");
            assertThatThrownBy(() -> engine.images().importRootfs(cut, "mine:1"))
                    .hasMessageStartingWith(
                            "Importing the user space in " + cut + " as mine:1 failed: it is no whole tar archive: ");
            assertThat(engine.images().list()).isEmpty();
        }
    }

    @Tag("root")
    @Test
    void containersOfOthersAreImported() throws Exception {
        Path tar = folder.resolve("exported.tar");
        try (Podman podman = new Podman(folder);
                Engine engine = engine("store")) {
            podman.succeed("pull", "--quiet", "oci:" + FixtureImages.busybox() + ":busybox:1");
            String id = podman.succeed("images", "--no-trunc", "--format", "{{.ID}}");
            podman.succeed("create", "--name", "exported", "--network", "none", id, "true");
            podman.succeed("export", "--output", tar.toString(), "exported");

            engine.images().importRootfs(tar, "exported:1");

            assertThat(output(engine, "exported:1", "/bin/echo", "out of it")).isEqualTo("out of it\n");
        }
    }
}
