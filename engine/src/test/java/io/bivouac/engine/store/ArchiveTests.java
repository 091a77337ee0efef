package io.bivouac.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.Platform;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Archives that are out of the ordinary, by age or on purpose. */
class ArchiveTests {
    private final byte[] layer = "not unpacked here".getBytes(StandardCharsets.UTF_8);
    private final byte[] config = Json.write(ImageConfig.empty(Platform.host())
            .withLayer(Digest.of(layer), "2026-01-01T00:00:00Z", "test")
            .json());

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(folder.resolve("store"), 0);
    }

    private List<StoredImage> load(Path archive) throws IOException {
        return new ImageArchives(store).load(archive);
    }

    private static byte[] manifest(String config, String layer) {
        return Json.write(List.of(Map.of("Config", config, "RepoTags", List.of("old:1"), "Layers", List.of(layer))));
    }

    /** A tar; a text is the target of a symbolic link. */
    private Path tar(Map<String, Object> entries) throws IOException {
        Path file = folder.resolve("archive.tar");
        try (OutputStream out = Files.newOutputStream(file);
                TarArchiveOutputStream tar = new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name())) {
            for (Map.Entry<String, Object> each : entries.entrySet()) {
                if (each.getValue() instanceof byte[] content) {
                    TarArchiveEntry entry = new TarArchiveEntry(each.getKey());
                    entry.setSize(content.length);
                    tar.putArchiveEntry(entry);
                    tar.write(content);
                } else {
                    TarArchiveEntry entry = new TarArchiveEntry(each.getKey(), TarConstants.LF_SYMLINK);
                    entry.setLinkName(each.getValue().toString());
                    tar.putArchiveEntry(entry);
                }
                tar.closeArchiveEntry();
            }
        }
        return file;
    }

    @Test
    void layerThatIsALinkToAnother() throws Exception {
        Path archive = tar(Map.of(
                "manifest.json",
                manifest("c.json", "b/layer.tar"),
                "c.json",
                config,
                "b/layer.tar",
                "../a/layer.tar",
                "a/layer.tar",
                layer));

        assertThat(load(archive)).singleElement().satisfies(image -> {
            assertThat(image.id()).isEqualTo(Digest.of(config));
            assertThat(image.manifest().layers().get(0).digest()).isEqualTo(Digest.of(layer));
        });
    }

    @Test
    void linksInACircleAreRefused() throws Exception {
        Path archive = tar(Map.of("manifest.json", manifest("c.json", "a"), "c.json", config, "a", "b", "b", "a"));

        assertThatThrownBy(() -> load(archive)).isInstanceOf(IOException.class).hasMessage("links lead nowhere from a");
    }

    @Test
    void namesThatLeadOutOfAFolderAreRefused() throws Exception {
        Path secret = Files.write(folder.resolve("secret"), config);
        Path archive = Files.createDirectories(folder.resolve("archive"));
        Files.write(archive.resolve("manifest.json"), manifest("../secret", "layer.tar"));
        Files.write(archive.resolve("layer.tar"), layer);

        assertThatThrownBy(() -> load(archive))
                .isInstanceOf(IOException.class)
                .hasMessage("the name ../secret leads out of the layout");
        assertThat(secret).exists();
        assertThat(store.index().list()).isEmpty();
    }

    @Test
    void namesThatLeadOutOfATarLeadNowhere() throws Exception {
        Path archive = tar(
                Map.of("manifest.json", manifest("../../../../../../etc/passwd", "/etc/shadow"), "a", "/etc/passwd"));

        assertThatThrownBy(() -> load(archive))
                .isInstanceOf(IOException.class)
                .hasMessage("../../../../../../etc/passwd is missing from the archive");
    }

    @Test
    void layerThatIsNotWhatTheConfigurationSaysIsRefused() throws Exception {
        Path archive = tar(Map.of(
                "manifest.json", manifest("c.json", "layer.tar"), "c.json", config, "layer.tar", new byte[] {1, 2, 3}));

        assertThatThrownBy(() -> load(archive))
                .isInstanceOf(IOException.class)
                .hasMessage("the layer layer.tar is damaged: its content has the digest "
                        + Digest.of(new byte[] {1, 2, 3}) + ", the configuration names " + Digest.of(layer));
        assertThat(store.index().list()).isEmpty();
    }

    @Test
    void indexThatListsItselfIsRefused() throws Exception {
        Path layout = Files.createDirectories(folder.resolve("layout"));
        Path blobs = Files.createDirectories(layout.resolve("blobs/sha256"));
        Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        String type = "application/vnd.oci.image.index.v1+json";
        byte[] index = Json.write(Map.of("schemaVersion", 2L, "manifests", List.of()));
        // A digest cannot be its own; a chain that is too long comes closest.
        for (int depth = 0; depth < 8; depth++) {
            Digest digest = Digest.of(index);
            Files.write(blobs.resolve(digest.hex()), index);
            index = Json.write(Map.of(
                    "schemaVersion",
                    2L,
                    "manifests",
                    List.of(Map.of("mediaType", type, "digest", digest.toString(), "size", (long) index.length))));
        }
        Files.write(layout.resolve("index.json"), index);

        assertThatThrownBy(() -> load(layout))
                .isInstanceOf(IOException.class)
                .hasMessage("indexes are nested deeper than 4");
    }
}
