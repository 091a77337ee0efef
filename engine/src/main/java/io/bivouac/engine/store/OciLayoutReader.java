package io.bivouac.engine.store;

import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.Index;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.engine.oci.MediaTypes;
import io.bivouac.engine.oci.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads an OCI image layout.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md">image-spec, image layout</a>
 */
final class OciLayoutReader {
    static final String MARK = "oci-layout";
    private static final String INDEX = "index.json";
    /** How containerd and Docker name an image in full; the standard annotation often holds the tag alone. */
    private static final String FULL_NAME = "io.containerd.image.name";

    private static final int NESTING_LIMIT = 4;

    private final ArchiveSource source;

    OciLayoutReader(ArchiveSource source) {
        this.source = source;
    }

    /** The images of the index; artifacts are left out. */
    List<ArchivedImage> images() throws IOException {
        byte[] document = source.read(INDEX, Manifest.SIZE_LIMIT)
                .orElseThrow(() -> new IOException("there is no " + INDEX + " in the layout"));
        List<ArchivedImage> images = new ArrayList<>();
        for (Descriptor entry :
                parse(INDEX, () -> Index.of(Json.parseObject(document))).manifests()) {
            if (MediaTypes.isIndex(entry.mediaType()) || isImage(entry)) {
                images.add(new ArchivedImage(names(entry), entry.digest(), blobs -> load(entry, blobs, 0)));
            }
        }
        return images;
    }

    private static List<String> names(Descriptor entry) {
        String full = entry.annotations().get(FULL_NAME);
        String name = full != null ? full : entry.annotations().get(Descriptor.REFERENCE_NAME);
        return name == null ? List.of() : List.of(name);
    }

    private boolean isImage(Descriptor entry) throws IOException {
        if (!MediaTypes.isManifest(entry.mediaType())) {
            return false;
        }
        Manifest manifest = parse(entry.digest().toString(), () -> Manifest.of(Json.parseObject(blob(entry))));
        return MediaTypes.isImageConfig(manifest.config().mediaType());
    }

    private Descriptor load(Descriptor entry, Blobs blobs, int nesting) throws IOException {
        byte[] document = blob(entry);
        if (MediaTypes.isIndex(entry.mediaType())) {
            if (nesting == NESTING_LIMIT) {
                throw new IOException("indexes are nested deeper than " + NESTING_LIMIT);
            }
            Index index = parse(entry.digest().toString(), () -> Index.of(Json.parseObject(document)));
            return load(choose(index), blobs, nesting + 1);
        }
        Manifest manifest = parse(entry.digest().toString(), () -> Manifest.of(Json.parseObject(document)));
        add(manifest.config(), blobs);
        byte[] config = blobs.read(manifest.config().digest(), Manifest.SIZE_LIMIT);
        parse(manifest.config().digest().toString(), () -> ImageConfig.of(Json.parseObject(config)));
        for (Descriptor layer : manifest.layers()) {
            add(layer, blobs);
        }
        return blobs.add(entry.mediaType(), document);
    }

    private static Descriptor choose(Index index) throws IOException {
        List<String> platforms = new ArrayList<>();
        for (Descriptor manifest : index.manifests()) {
            Optional<Platform> platform = manifest.platform();
            if (platform.isEmpty() || platform.get().runsOn(Platform.host())) {
                return manifest;
            }
            platforms.add(platform.get().toString());
        }
        throw new IOException("the image is for " + String.join(", ", platforms) + ", this host is " + Platform.host());
    }

    private void add(Descriptor descriptor, Blobs blobs) throws IOException {
        if (blobs.has(descriptor.digest())) {
            return;
        }
        try (InputStream in = open(descriptor.digest())) {
            blobs.add(descriptor, in);
        }
    }

    private InputStream open(Digest digest) throws IOException {
        return source.open("blobs/" + Digest.ALGORITHM + "/" + digest.hex())
                .orElseThrow(() -> new IOException("the blob " + digest + " is missing from the layout"));
    }

    /** A manifest or index, checked against the digest it was asked for by. */
    private byte[] blob(Descriptor descriptor) throws IOException {
        try (InputStream in = open(descriptor.digest())) {
            byte[] content = in.readNBytes(Manifest.SIZE_LIMIT + 1);
            if (content.length > Manifest.SIZE_LIMIT) {
                throw new IOException("blob " + descriptor.digest() + " is larger than the limit of "
                        + Manifest.SIZE_LIMIT + " bytes");
            }
            Digest actual = Digest.of(content);
            if (!actual.equals(descriptor.digest())) {
                throw new IOException(
                        "blob " + descriptor.digest() + " is damaged: its content has the digest " + actual);
            }
            return content;
        }
    }

    /** Something that fails with {@link IllegalArgumentException} on malformed input, or with {@link IOException}. */
    @FunctionalInterface
    private interface Parsing<T> {
        T parse() throws IOException;
    }

    private static <T> T parse(String what, Parsing<T> parsing) throws IOException {
        try {
            return parsing.parse();
        } catch (IllegalArgumentException e) {
            throw new IOException(what + " is malformed: " + e.getMessage(), e);
        }
    }
}
