package io.bivouac.engine.store;

import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.io.VerifyingInputStream;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.oci.Index;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Writes images of the store for others. A folder is an OCI image layout; a tar is that too, and at the same time what {@code
 * docker load} reads: both name the same blobs.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md">image-spec, image layout</a>
 */
public final class ImageSaver {
    private static final String MARK = "{\"imageLayoutVersion\":\"1.0.0\"}";

    private final Store store;

    public ImageSaver(Store store) {
        this.store = store;
    }

    /**
     * An image and what to call it.
     *
     * @param reference empty for one that was named by its id
     */
    public record Named(Optional<ImageReference> reference, StoredImage image) {}

    /** An image and all that is written of it. */
    private record Saved(Named named, ImageTree.Node root) {}

    /** Writes all of them; the target appears whole or not at all, and must not exist. */
    public void save(Path target, List<Named> images) throws IOException {
        Path absolute = target.toAbsolutePath().normalize();
        requireAbsent(absolute);
        List<Saved> all = new ArrayList<>();
        List<Digest> blobs = new ArrayList<>();
        for (Named named : images) {
            Saved saved = new Saved(named, root(named));
            saved.root.all().forEach(blob -> blobs.add(blob.digest()));
            all.add(saved);
        }
        store.bringInSlowly(blobs, () -> {
            for (Named named : images) {
                store.requireImage(named.image());
            }
            write(absolute, all);
            return absolute;
        });
    }

    private void write(Path absolute, List<Saved> images) throws IOException {
        Drafts.write(absolute, draft -> {
            try (ArchiveSink sink = ArchiveSink.of(draft, absolute)) {
                write(images, sink, ArchiveSink.Form.of(absolute));
            }
            requireAbsent(absolute);
            if (!Files.isDirectory(draft)) {
                AtomicFiles.commit(draft, absolute);
            } else if (!AtomicFiles.commitFolder(draft, absolute)) {
                throw new FileAlreadyExistsException(absolute + " exists already");
            }
        });
    }

    private static void requireAbsent(Path target) throws IOException {
        if (Files.exists(target)) {
            throw new FileAlreadyExistsException(target + " exists already");
        }
    }

    private void write(List<Saved> images, ArchiveSink sink, ArchiveSink.Form form) throws IOException {
        Set<Digest> written = new HashSet<>();
        List<Descriptor> index = new ArrayList<>();
        put(sink, OciLayoutReader.MARK, MARK.getBytes(StandardCharsets.US_ASCII));
        for (Saved saved : images) {
            for (Descriptor blob : saved.root.all()) {
                if (written.add(blob.digest())) {
                    copy(blob, sink);
                }
            }
            index.add(describe(saved.root.descriptor(), saved.named));
        }
        put(sink, OciLayoutReader.INDEX, Json.write(new Index(index).toJson()));
        if (form != ArchiveSink.Form.FOLDER) {
            put(
                    sink,
                    DockerArchiveReader.MANIFEST,
                    Json.write(ofDocker(images.stream().map(Saved::named).toList())));
        }
    }

    /** The whole index where all that it lists is here: a part of it would have another digest. */
    private ImageTree.Node root(Named named) throws IOException {
        Optional<Digest> index = named.reference().isEmpty()
                ? Optional.empty()
                : store.index().indexOf(named.reference().get());
        if (index.isPresent()) {
            ImageTree.Node node = store.tree().read(store.index().descriptorOf(index.get()));
            if (store.tree().missing(node).isEmpty()) {
                return node;
            }
        }
        return store.tree().read(named.image().descriptor());
    }

    private static Descriptor describe(Descriptor root, Named named) {
        if (named.reference().isEmpty()) {
            return root.withAnnotation(
                    Descriptor.REFERENCE_NAME, named.image().id().shortHex());
        }
        ImageReference reference = named.reference().get();
        return root.withAnnotation(Descriptor.REFERENCE_NAME, reference.familiar())
                .withAnnotation(OciLayoutReader.FULL_NAME, reference.toString());
    }

    private void copy(Descriptor blob, ArchiveSink sink) throws IOException {
        try (InputStream in = new VerifyingInputStream(store.blobs().open(blob.digest()), blob)) {
            sink.put(file(blob.digest()), blob.size(), in);
        }
    }

    private static void put(ArchiveSink sink, String name, byte[] content) throws IOException {
        sink.put(name, content.length, new ByteArrayInputStream(content));
    }

    private static String file(Digest blob) {
        return "blobs/" + Digest.ALGORITHM + "/" + blob.hex();
    }

    /** One entry for each image, whatever the number of its names. */
    private static List<Map<String, Object>> ofDocker(List<Named> images) {
        Map<Digest, Set<String>> tags = new LinkedHashMap<>();
        Map<Digest, Map<String, Object>> entries = new LinkedHashMap<>();
        for (Named named : images) {
            Digest id = named.image().id();
            Set<String> known = tags.computeIfAbsent(id, key -> new LinkedHashSet<>());
            named.reference().flatMap(ImageSaver::tag).ifPresent(known::add);
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("Config", file(id));
            entry.put("RepoTags", List.copyOf(known));
            entry.put(
                    "Layers",
                    named.image().manifest().layers().stream()
                            .map(layer -> file(layer.digest()))
                            .toList());
            entries.put(id, entry);
        }
        return List.copyOf(entries.values());
    }

    /** Docker knows tags alone, without a digest. */
    private static Optional<String> tag(ImageReference reference) {
        String text = reference.familiar();
        int digest = text.indexOf('@');
        return reference.tag().map(tag -> digest < 0 ? text : text.substring(0, digest));
    }
}
