package io.bivouac.engine.store;

import io.bivouac.engine.io.HostProcessor;
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
import java.util.stream.Collectors;

/**
 * Reads an OCI image layout.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md">image-spec, image layout</a>
 */
final class OciLayoutReader {
    static final String MARK = "oci-layout";
    static final String INDEX = "index.json";
    /** How containerd and Docker name an image in full; the standard annotation often holds the tag alone. */
    static final String FULL_NAME = "io.containerd.image.name";

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
                images.add(
                        new ArchivedImage(names(entry), entry.digest(), (blobs, extent) -> load(entry, blobs, extent)));
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

    private ArchivedImage.Loaded load(Descriptor entry, Blobs blobs, ArchivedImage.Extent extent) throws IOException {
        Descriptor manifest = chosen(entry, 0);
        loadImage(manifest, blobs);
        if (!MediaTypes.isIndex(entry.mediaType())) {
            return new ArchivedImage.Loaded(manifest, Optional.empty());
        }
        loadIndex(entry, blobs, extent, 0);
        return new ArchivedImage.Loaded(manifest, Optional.of(entry));
    }

    /** The manifest for this host. */
    private Descriptor chosen(Descriptor entry, int nesting) throws IOException {
        if (!MediaTypes.isIndex(entry.mediaType())) {
            return entry;
        }
        if (nesting == NESTING_LIMIT) {
            throw new IOException("indexes are nested deeper than " + NESTING_LIMIT);
        }
        List<Descriptor> manifests = index(entry).manifests();
        Platform host = HostProcessor.platform();
        Optional<Descriptor> manifest = Platform.choose(manifests, host);
        if (manifest.isEmpty()) {
            throw new IOException("the image is for "
                    + manifests.stream()
                            .flatMap(each -> each.platform().stream())
                            .map(Platform::toString)
                            .distinct()
                            .collect(Collectors.joining(", "))
                    + ", this host is " + host);
        }
        return chosen(manifest.get(), nesting + 1);
    }

    private Index index(Descriptor entry) throws IOException {
        byte[] document = blob(entry);
        return parse(entry.digest().toString(), () -> Index.of(Json.parseObject(document)));
    }

    /** The index's document, and the manifests that it lists as far as they are wanted and here. */
    private void loadIndex(Descriptor entry, Blobs blobs, ArchivedImage.Extent extent, int nesting) throws IOException {
        if (nesting == NESTING_LIMIT) {
            return;
        }
        for (Descriptor child : index(entry).manifests()) {
            boolean here = has(child.digest());
            if (here && MediaTypes.isIndex(child.mediaType())) {
                loadIndex(child, blobs, extent, nesting + 1);
            } else if (here && extent == ArchivedImage.Extent.ALL) {
                loadManifest(child, blobs);
            }
        }
        blobs.add(entry.mediaType(), blob(entry));
    }

    private void loadImage(Descriptor entry, Blobs blobs) throws IOException {
        Manifest manifest = loadManifest(entry, blobs);
        byte[] config = blobs.read(manifest.config().digest(), Manifest.SIZE_LIMIT);
        parse(manifest.config().digest().toString(), () -> ImageConfig.of(Json.parseObject(config)));
    }

    private Manifest loadManifest(Descriptor entry, Blobs blobs) throws IOException {
        byte[] document = blob(entry);
        Manifest manifest = parse(entry.digest().toString(), () -> Manifest.of(Json.parseObject(document)));
        add(manifest.config(), blobs);
        for (Descriptor layer : manifest.layers()) {
            add(layer, blobs);
        }
        blobs.add(entry.mediaType(), document);
        return manifest;
    }

    private void add(Descriptor descriptor, Blobs blobs) throws IOException {
        if (blobs.has(descriptor.digest())) {
            return;
        }
        try (InputStream in = open(descriptor.digest())) {
            blobs.add(descriptor, in);
        }
    }

    private Optional<InputStream> find(Digest digest) throws IOException {
        return source.open("blobs/" + Digest.ALGORITHM + "/" + digest.hex());
    }

    private boolean has(Digest digest) throws IOException {
        Optional<InputStream> blob = find(digest);
        if (blob.isPresent()) {
            blob.get().close();
        }
        return blob.isPresent();
    }

    private InputStream open(Digest digest) throws IOException {
        return find(digest).orElseThrow(() -> new IOException("the blob " + digest + " is missing from the layout"));
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
