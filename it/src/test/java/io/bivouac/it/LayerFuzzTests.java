package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.layer.LayerCompression;
import io.bivouac.engine.layer.LayerLimits;
import io.bivouac.engine.layer.LayerReader;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.Index;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.engine.tree.TreeEntry;
import io.bivouac.engine.tree.TreeReader;
import io.bivouac.engine.tree.TreeWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Layers and manifests that are nearly right, a few seconds of them; longer with {@code mvn verify -pl it -am
 * -Dtest=LayerFuzzTests -Dbivouac.fuzz.seconds=3600}. A failure names its seed.
 */
@Timeout(value = 2, unit = TimeUnit.HOURS)
class LayerFuzzTests {
    private static final Duration TIME = Duration.ofSeconds(Long.getLong("bivouac.fuzz.seconds", 2));
    private static final long FIRST_SEED = Long.getLong("bivouac.fuzz.seed", 1);
    /** As many of those the reader takes go through the whole engine. */
    private static final int WHOLE = 25;

    private static final LayerLimits LIMITS = new LayerLimits(1 << 20, 1000, 1000, 100);

    private static final String[] PARTS = {
        "a",
        "b",
        "..",
        ".",
        "",
        "etc",
        "passwd",
        "proc",
        "dev",
        ".wh.a",
        ".wh.b",
        ".wh..wh..opq",
        ".wh.",
        "\u00ff",
        "a\0b"
    };
    private static final String[] KEYS = {
        "path",
        "linkpath",
        "size",
        "uid",
        "gid",
        "mtime",
        "SCHILY.xattr.user.a",
        "SCHILY.xattr.trusted.overlay.opaque",
        "SCHILY.xattr.security.capability",
        "GNU.sparse.size",
        "GNU.sparse.map",
        "GNU.sparse.major",
        "GNU.sparse.realsize",
        "GNU.sparse.name",
        "GNU.sparse.offset",
        "GNU.sparse.numbytes",
        "comment"
    };
    private static final String[] VALUES = {
        "",
        "0",
        "1",
        "-1",
        "5",
        "512",
        "4294967295",
        "9223372036854775807",
        "99999999999999999999",
        "1.5",
        "-0.1",
        "x",
        "0,5",
        "0,5,5,1",
        "5,0",
        ",",
        "y"
    };

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    /** Ends when time is up, not before a few hundred inputs. */
    private interface Input {
        void feed(long seed) throws Exception;
    }

    private static void feed(Input input) {
        long end = System.nanoTime() + TIME.toNanos();
        for (long seed = FIRST_SEED; System.nanoTime() < end || seed < FIRST_SEED + 300; seed++) {
            try {
                input.feed(seed);
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e, e);
            }
        }
    }

    private static <T> T one(Random random, T[] choices) {
        return choices[random.nextInt(choices.length)];
    }

    private static String path(Random random) {
        StringBuilder path = new StringBuilder(one(random, PARTS));
        for (int i = random.nextInt(3); i > 0; i--) {
            path.append('/').append(one(random, PARTS));
        }
        return path.toString();
    }

    private static byte[] archive(Random random) {
        RawTar tar = new RawTar();
        Character[] types = {'0', '0', '0', '1', '2', '3', '4', '5', '5', '6', '7', '\0', 'S', 'L', 'K', 'g', 'V'};
        for (int i = random.nextInt(12); i >= 0; i--) {
            if (random.nextInt(4) == 0) {
                tar.pax(one(random, KEYS), random.nextBoolean() ? one(random, VALUES) : path(random));
            }
            char type = one(random, types);
            boolean content = random.nextInt(8) == 0 || "0\0SLKg".indexOf(type) >= 0;
            byte[] bytes = new byte[content ? random.nextInt(1200) : 0];
            random.nextBytes(bytes);
            tar.add(type, path(random), header -> edit(header, type, random), bytes);
        }
        byte[] whole = random.nextInt(8) == 0 ? tar.withoutEnd() : tar.bytes();
        return random.nextInt(10) == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole;
    }

    private static void edit(RawTar.Header header, char type, Random random) {
        header.mode(random.nextInt(010000));
        if (type == '1' || type == '2') {
            header.link(path(random));
        }
        if (type == '3' || type == '4') {
            header.device(random.nextInt(300), random.nextInt(300));
        }
        if (random.nextInt(12) == 0) {
            int[] fields = {100, 108, 116, 124, 136, 329, 337, 386, 398, 483};
            byte[] noise = new byte[8];
            random.nextBytes(noise);
            header.field(fields[random.nextInt(fields.length)], 8, new String(noise, StandardCharsets.ISO_8859_1));
        }
    }

    /** The records an archive becomes; empty when it was refused with a sentence. */
    private static Optional<List<TreeEntry>> read(byte[] archive, Random random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<TreeEntry> entries = new ArrayList<>();
        try {
            TreeWriter writer = new TreeWriter(out);
            new LayerReader(random.nextBoolean(), LIMITS)
                    .copy(LayerCompression.decompress(new ByteArrayInputStream(archive)), writer, Optional.empty());
            writer.end();
            TreeReader reader = new TreeReader(new ByteArrayInputStream(out.toByteArray()));
            for (Optional<TreeEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
                entries.add(entry.get());
            }
            return Optional.of(entries);
        } catch (IOException e) {
            assertThat(e).message().matches("(?s).*[a-z]{2,}.*").doesNotContain("null");
            return Optional.empty();
        }
    }

    private static void requireNormal(TreeEntry entry) {
        String path = new String(entry.path(), StandardCharsets.ISO_8859_1);
        assertThat(path).doesNotContain("\0");
        assertThat(path.isEmpty() ? List.<String>of() : List.of(path.split("/", -1)))
                .doesNotContain("", ".", "..");
    }

    @Test
    void readerRefusesOrNormalises() {
        int[] taken = {0, 0};
        feed(seed -> {
            Random random = new Random(seed);
            Optional<List<TreeEntry>> entries = read(archive(random), random);
            taken[entries.isPresent() ? 0 : 1]++;
            entries.ifPresent(found -> found.forEach(LayerFuzzTests::requireNormal));
        });
        // Inputs that are all refused, or all taken, would show nothing.
        assertThat(taken[0]).isGreaterThan(20);
        assertThat(taken[1]).isGreaterThan(20);
    }

    @Test
    void engineRefusesOrUnpacksWithinTheRoot() throws Exception {
        Path canary = Files.createDirectories(folder.resolve("canary"));
        try (Engine engine = Engine.open(EngineOptions.defaults().withStore(folder.resolve("store")))) {
            int unpacked = 0;
            for (long seed = FIRST_SEED; unpacked < WHOLE; seed++) {
                Random random = new Random(seed);
                byte[] first = archive(random);
                byte[] second = new RawTar()
                        .symlink("b", canary.toString())
                        .file("b/x", "in")
                        .bytes();
                byte[] third = archive(random);
                if (read(first, random).isPresent() && read(third, random).isPresent()) {
                    unpacked++;
                    start(engine, seed, first, second, third);
                }
            }
        }
        assertThat(canary).isEmptyDirectory();
    }

    private void start(Engine engine, long seed, byte[]... layers) throws IOException {
        HostileImage image = new HostileImage(folder.resolve("image-" + seed), Map.of());
        for (byte[] layer : layers) {
            image.layer(layer, layer);
        }
        String name = "fuzz/" + seed + ":1";
        engine.images().load(image.write(name));
        try (Container container =
                engine.start(ContainerSpec.of(name).withEntrypoint("/bin/busybox", "sh", "-c", "find / -xdev"))) {
            container.waitForExit(Duration.ofSeconds(30));
        } catch (BivouacException e) {
            // The image may have made a file of what the engine mounts on; anything else is to be the image's fault.
            assertThat(e instanceof InternalException
                            && !String.valueOf(e.getMessage()).contains("mount"))
                    .as("seed " + seed + ": " + e.getMessage())
                    .isFalse();
        }
    }

    private static byte[] mutate(byte[] json, Random random) {
        byte[] mutated = json.clone();
        String noise = "{}[]\",:0123456789-eE.\\ntfalsru\u0000\u00ff";
        for (int i = random.nextInt(4); i >= 0; i--) {
            mutated[random.nextInt(mutated.length)] = (byte) noise.charAt(random.nextInt(noise.length()));
        }
        return mutated;
    }

    @Test
    void manifestsAndConfigurationsAreReadOrRefused() {
        String digest = "sha256:" + "ab".repeat(32);
        byte[] descriptor =
                ("{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":"
                                + "{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"" + digest
                                + "\",\"size\":7},\"layers\":[{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\""
                                + digest + "\",\"size\":9}],\"manifests\":[{\"mediaType\":\"x\",\"digest\":\"" + digest
                                + "\",\"size\":1,\"platform\":{\"architecture\":\"amd64\",\"os\":\"linux\"}}],\"architecture\":"
                                + "\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" + digest
                                + "\"]},\"config2\":{\"Env\":[\"A=b\"],\"Cmd\":[\"x\"],\"User\":\"7\"}}")
                        .getBytes(StandardCharsets.UTF_8);
        feed(seed -> {
            Random random = new Random(seed);
            byte[] json = mutate(descriptor, random);
            for (int kind = 0; kind < 3; kind++) {
                try {
                    Map<String, ?> object = Json.parseObject(json);
                    switch (kind) {
                        case 0 -> Manifest.of(object);
                        case 1 -> Index.of(object);
                        default -> ImageConfig.of(object);
                    }
                } catch (IllegalArgumentException e) {
                    assertThat(e).message().isNotBlank();
                }
            }
        });
    }
}
