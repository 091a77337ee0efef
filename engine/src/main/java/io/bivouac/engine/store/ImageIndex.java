package io.bivouac.engine.store;

import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.oci.Manifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Which images the store has, and their names. One file for each, written by rename: no lock is needed to read, and no kill
 * leaves half an entry.
 */
public final class ImageIndex {
    private static final String REFERENCE = "reference";
    private static final String MANIFEST = "manifest";
    private static final int NAME_LIMIT = 16 << 10;

    private final StoreLayout layout;
    private final Blobs blobs;
    /** Parsed images by manifest digest: what a digest names never changes. */
    private final Map<Digest, StoredImage> parsed = new ConcurrentHashMap<>();

    ImageIndex(StoreLayout layout, Blobs blobs) {
        this.layout = layout;
        this.blobs = blobs;
    }

    /** Makes an image visible whose blobs are all stored. */
    public StoredImage add(Descriptor manifest) throws IOException {
        StoredImage image = parse(manifest);
        Path file = layout.image(manifest.digest());
        if (!Files.exists(file)) {
            AtomicFiles.write(file, Json.writePretty(bare(manifest).toJson()));
        }
        return image;
    }

    private static Descriptor bare(Descriptor manifest) {
        return new Descriptor(manifest.mediaType(), manifest.digest(), manifest.size());
    }

    StoredImage parse(Descriptor descriptor) throws IOException {
        StoredImage known = parsed.get(descriptor.digest());
        if (known != null) {
            return known;
        }
        try {
            Manifest manifest = Manifest.of(Json.parseObject(blobs.read(descriptor.digest(), Manifest.SIZE_LIMIT)));
            ImageConfig config =
                    ImageConfig.of(Json.parseObject(blobs.read(manifest.config().digest(), Manifest.SIZE_LIMIT)));
            if (config.diffIds().size() != manifest.layers().size()) {
                throw new IllegalArgumentException(
                        "the configuration names " + config.diffIds().size() + " layers, the manifest "
                                + manifest.layers().size());
            }
            StoredImage image = new StoredImage(bare(descriptor), manifest, config);
            parsed.put(descriptor.digest(), image);
            return image;
        } catch (IllegalArgumentException e) {
            throw new IOException("image " + descriptor.digest() + " is malformed: " + e.getMessage(), e);
        }
    }

    /** Lets a name lead to an image, whatever it led to before. */
    public void tag(ImageReference reference, StoredImage image) throws IOException {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put(REFERENCE, reference.toString());
        json.put(MANIFEST, image.descriptor().digest().toString());
        AtomicFiles.write(file(reference), Json.writePretty(json));
    }

    public boolean untag(ImageReference reference) throws IOException {
        return Files.deleteIfExists(file(reference));
    }

    private Path file(ImageReference reference) {
        return layout.reference(Digest.of(reference.toString().getBytes(StandardCharsets.UTF_8)));
    }

    /** Finds by tag; a reference with a digest must lead to that very image. */
    public Optional<StoredImage> find(ImageReference reference) throws IOException {
        if (reference.digest().isPresent()) {
            return findByDigest(reference.digest().get());
        }
        Optional<Map.Entry<String, Digest>> name = readName(file(reference));
        return name.isEmpty() ? Optional.empty() : findByDigest(name.get().getValue());
    }

    /** Finds by the digest of the manifest, or of the configuration, which is an image's id. */
    public Optional<StoredImage> findByDigest(Digest digest) throws IOException {
        Optional<StoredImage> image = read(layout.image(digest));
        if (image.isPresent()) {
            return image;
        }
        return list().stream()
                .filter(candidate -> candidate.id().equals(digest))
                .findFirst();
    }

    /** Finds by the first characters of an id, as people copy them. */
    public Optional<StoredImage> findByIdPrefix(String hexPrefix) throws IOException {
        List<StoredImage> matches = list().stream()
                .filter(candidate -> candidate.id().hex().startsWith(hexPrefix))
                .toList();
        return matches.size() == 1 ? Optional.of(matches.get(0)) : Optional.empty();
    }

    public List<StoredImage> list() throws IOException {
        List<StoredImage> images = new ArrayList<>();
        for (Path file : files(layout.images())) {
            if (Files.isRegularFile(file)) {
                read(file).ifPresent(images::add);
            }
        }
        return images;
    }

    /** Every name and the manifest it leads to, in order of name. */
    public Map<String, Digest> names() throws IOException {
        Map<String, Digest> names = new TreeMap<>();
        for (Path file : files(layout.references())) {
            readName(file).ifPresent(name -> names.put(name.getKey(), name.getValue()));
        }
        return names;
    }

    /** Removes an image and its names. Its blobs stay until they are collected. */
    public void remove(StoredImage image) throws IOException {
        Digest manifest = image.descriptor().digest();
        for (Map.Entry<String, Digest> name : names().entrySet()) {
            if (name.getValue().equals(manifest)) {
                untag(ImageReference.parse(name.getKey()));
            }
        }
        Files.deleteIfExists(layout.image(manifest));
        parsed.remove(manifest);
    }

    private Optional<StoredImage> read(Path file) throws IOException {
        Optional<byte[]> content = content(file);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(parse(Descriptor.of(Json.parseObject(content.get()))));
        } catch (IllegalArgumentException e) {
            throw damaged(file, e);
        }
    }

    private static Optional<Map.Entry<String, Digest>> readName(Path file) throws IOException {
        Optional<byte[]> content = content(file);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        try {
            Map<String, ?> json = Json.parseObject(content.get());
            return Optional.of(
                    Map.entry(String.valueOf(json.get(REFERENCE)), Digest.parse(String.valueOf(json.get(MANIFEST)))));
        } catch (IllegalArgumentException e) {
            throw damaged(file, e);
        }
    }

    private static IOException damaged(Path file, IllegalArgumentException cause) {
        return new IOException(
                "the store's file " + file + " is damaged (" + cause.getMessage() + "): delete it", cause);
    }

    private static Optional<byte[]> content(Path file) throws IOException {
        try {
            if (Files.size(file) > NAME_LIMIT) {
                throw new IOException("the store's file " + file + " is damaged (too large): delete it");
            }
            return Optional.of(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> !file.getFileName().toString().startsWith(AtomicFiles.ASIDE))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }
}
