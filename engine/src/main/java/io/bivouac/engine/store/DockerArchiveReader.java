package io.bivouac.engine.store;

import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.engine.oci.MediaTypes;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the archive {@code docker save} writes: a {@code manifest.json} of the form
 * {@code [{"Config":"HEX.json","RepoTags":["postgres:15"],"Layers":["HEX/layer.tar"]}]}, with layers as bare tars. The image gets
 * an OCI manifest of ours.
 */
final class DockerArchiveReader {
    static final String MANIFEST = "manifest.json";

    private final ArchiveSource source;

    DockerArchiveReader(ArchiveSource source) {
        this.source = source;
    }

    List<ArchivedImage> images() throws IOException {
        byte[] document = source.read(MANIFEST, Manifest.SIZE_LIMIT)
                .orElseThrow(() -> new IOException("there is no " + MANIFEST + " in the archive"));
        List<ArchivedImage> images = new ArrayList<>();
        try {
            if (!(Json.parse(document) instanceof List<?> list)) {
                throw new IllegalArgumentException("it is no list");
            }
            for (Object element : list) {
                if (!(element instanceof Map<?, ?> entry)) {
                    throw new IllegalArgumentException("an element is no object");
                }
                String config = text(entry.get("Config"));
                List<String> layers = texts(entry.get("Layers"));
                images.add(new ArchivedImage(
                        texts(entry.get("RepoTags")),
                        identity(config),
                        (blobs, extent) -> new ArchivedImage.Loaded(load(config, layers, blobs), Optional.empty())));
            }
        } catch (IllegalArgumentException e) {
            throw new IOException(MANIFEST + " is malformed: " + e.getMessage(), e);
        }
        return images;
    }

    private static String text(@org.jspecify.annotations.Nullable Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException("a name is missing");
    }

    private static List<String> texts(@org.jspecify.annotations.Nullable Object value) {
        List<String> texts = new ArrayList<>();
        if (value instanceof List<?> list) {
            list.forEach(element -> texts.add(text(element)));
        }
        return texts;
    }

    private Digest identity(String configName) throws IOException {
        return Digest.of(source.read(configName, Manifest.SIZE_LIMIT)
                .orElseThrow(() -> new IOException(configName + " is missing from the archive")));
    }

    private Descriptor load(String configName, List<String> layerNames, Blobs blobs) throws IOException {
        byte[] document = source.read(configName, Manifest.SIZE_LIMIT)
                .orElseThrow(() -> new IOException(configName + " is missing from the archive"));
        try {
            ImageConfig config = ImageConfig.of(Json.parseObject(document));
            if (config.diffIds().size() != layerNames.size()) {
                throw new IOException(configName + " names " + config.diffIds().size() + " layers, " + MANIFEST + " "
                        + layerNames.size());
            }
            List<Descriptor> layers = new ArrayList<>();
            for (int i = 0; i < layerNames.size(); i++) {
                layers.add(addLayer(layerNames.get(i), config.diffIds().get(i), blobs));
            }
            Descriptor stored = blobs.add(MediaTypes.CONFIG, document);
            return blobs.addJson(
                    MediaTypes.MANIFEST, Manifest.ofImage(stored, layers).toJson());
        } catch (IllegalArgumentException e) {
            throw new IOException(configName + " is malformed: " + e.getMessage(), e);
        }
    }

    private Descriptor addLayer(String name, Digest diffId, Blobs blobs) throws IOException {
        InputStream content = source.open(name)
                .orElseThrow(() -> new IOException("the layer " + name + " is missing from the archive"));
        try (BufferedInputStream in = new BufferedInputStream(content)) {
            in.mark(2);
            boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
            in.reset();
            Descriptor layer = blobs.add(gzip ? MediaTypes.LAYER_GZIP : MediaTypes.LAYER_TAR, in::transferTo);
            if (!gzip && !layer.digest().equals(diffId)) {
                throw new IOException("the layer " + name + " is damaged: its content has the digest " + layer.digest()
                        + ", the configuration names " + diffId);
            }
            return layer;
        }
    }
}
