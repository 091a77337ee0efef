package io.bivouac.engine.store;

import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.ChainId;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.oci.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which images the store has, and their names. One file for each, written by rename: no lock is needed to read, and no kill
 * leaves half an entry. An image that is one platform's of several has a second entry, under the digest of the index that lists
 * them, which leads to it.
 */
public final class ImageIndex {
    /** In an image's entry: computing chain IDs loads the security providers, which a cold start would wait 25 ms for. */
    private static final String CHAIN = "chain";
    /** In an image's entry: the reference it was pulled by. */
    private static final String SOURCE = "source";
    /** In the entry of an index: the manifest of this host's platform. */
    private static final String IMAGE = "image";

    private final StoreLayout layout;
    private final Blobs blobs;
    private final ImageNames names;
    /** Parsed images by manifest digest: what a digest names never changes. */
    private final Map<Digest, StoredImage> parsed = new ConcurrentHashMap<>();
    /** Manifests by the digest of the index that led to them. */
    private final Map<Digest, Digest> indexed = new ConcurrentHashMap<>();

    ImageIndex(StoreLayout layout, Blobs blobs) {
        this.layout = layout;
        this.blobs = blobs;
        this.names = new ImageNames(layout);
    }

    /** Makes an image visible whose blobs are all stored. */
    public StoredImage add(Descriptor manifest) throws IOException {
        return add(manifest, Optional.empty());
    }

    /**
     * The same for one that can be had again.
     *
     * @param source where from
     */
    public StoredImage add(Descriptor manifest, Optional<ImageReference> source) throws IOException {
        StoredImage image = parse(manifest);
        Path file = layout.image(manifest.digest());
        boolean known = source.isPresent() ? sourceOf(image).equals(source) : Files.exists(file);
        if (!known) {
            Map<String, Object> json = new LinkedHashMap<>(bare(manifest).toJson());
            json.put(
                    CHAIN,
                    String.join(" ", image.chain().stream().map(Digest::hex).toList()));
            source.ifPresent(reference -> json.put(SOURCE, reference.toString()));
            EntryFiles.write(file, json);
        } else {
            touch(image);
        }
        return image;
    }

    /** Lets the digest of an index lead to the image of this host's platform. The document is stored already. */
    public void addIndex(Descriptor document, StoredImage image) throws IOException {
        writeIndex(document, image.descriptor().digest());
    }

    private void writeIndex(Descriptor document, Digest manifest) throws IOException {
        Map<String, Object> json = new LinkedHashMap<>(bare(document).toJson());
        json.put(IMAGE, manifest.toString());
        EntryFiles.write(layout.image(document.digest()), json);
    }

    /** Says that an image is used now. */
    void touch(StoredImage image) throws IOException {
        try {
            Files.setLastModifiedTime(layout.image(image.descriptor().digest()), FileTime.from(Instant.now()));
        } catch (NoSuchFileException e) {
            // It has been removed, and is used nevertheless.
        }
    }

    /** When an image came in, or a session began to use it, whatever was later. */
    Instant lastUsed(StoredImage image) throws IOException {
        return Files.getLastModifiedTime(layout.image(image.descriptor().digest()))
                .toInstant();
    }

    /** The reference an image was pulled by last. */
    public Optional<ImageReference> sourceOf(StoredImage image) throws IOException {
        return sourceOf(image.descriptor().digest());
    }

    Optional<ImageReference> sourceOf(Digest manifest) throws IOException {
        return EntryFiles.read(layout.image(manifest), json -> Optional.ofNullable(json.get(SOURCE)))
                .flatMap(source -> source)
                .map(source -> ImageReference.parse(source.toString()));
    }

    private static Descriptor bare(Descriptor manifest) {
        return new Descriptor(manifest.mediaType(), manifest.digest(), manifest.size());
    }

    StoredImage parse(Descriptor descriptor) throws IOException {
        return parse(descriptor, List.of());
    }

    /**
     * @param chain as it was computed before; empty when it was not
     */
    private StoredImage parse(Descriptor descriptor, List<Digest> chain) throws IOException {
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
            boolean computed = chain.size() == config.diffIds().size();
            StoredImage image = new StoredImage(
                    bare(descriptor), manifest, config, computed ? chain : ChainId.of(config.diffIds()));
            parsed.put(descriptor.digest(), image);
            return image;
        } catch (IllegalArgumentException e) {
            throw DamageException.ofImage(descriptor.digest(), String.valueOf(e.getMessage()), e);
        }
    }

    /** Lets a name lead to an image, whatever it led to before. */
    public void tag(ImageReference reference, StoredImage image) throws IOException {
        tag(reference, image, Optional.empty());
    }

    /**
     * The same.
     *
     * @param index the digest of the index the name stands for in a registry
     */
    public void tag(ImageReference reference, StoredImage image, Optional<Digest> index) throws IOException {
        names.put(new ImageNames.Name(reference.toString(), image.descriptor().digest(), index.orElse(null)));
    }

    public boolean untag(ImageReference reference) throws IOException {
        return names.remove(reference);
    }

    /** Finds by tag; a reference with a digest must lead to that very image. */
    public Optional<StoredImage> find(ImageReference reference) throws IOException {
        if (reference.digest().isPresent()) {
            return findByDigest(reference.digest().get());
        }
        Optional<ImageNames.Name> name = names.find(reference);
        return name.isEmpty() ? Optional.empty() : findByDigest(name.get().manifest());
    }

    /** The digest of the index a name stands for; empty when it stands for one manifest. */
    public Optional<Digest> indexOf(ImageReference reference) throws IOException {
        return names.find(reference).flatMap(ImageNames.Name::index);
    }

    /** What the document of an index is. */
    public Descriptor descriptorOf(Digest index) throws IOException {
        return EntryFiles.read(layout.image(index), Entry::of)
                .orElseThrow(() -> DamageException.ofMissingBlob(index, null))
                .descriptor;
    }

    /** Finds by the digest of the manifest, of an index that led to it, or of the configuration, which is an image's id. */
    public Optional<StoredImage> findByDigest(Digest digest) throws IOException {
        Path file = layout.image(digest);
        Digest manifest = indexed.getOrDefault(digest, digest);
        StoredImage known = parsed.get(manifest);
        if (known != null && Files.exists(file) && (manifest.equals(digest) || Files.exists(layout.image(manifest)))) {
            return Optional.of(known);
        }
        Optional<StoredImage> image = read(file);
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

    /** The images that can be read; damaged ones are what {@link StoreCheck} finds. */
    public List<StoredImage> list() throws IOException {
        List<StoredImage> images = new ArrayList<>();
        for (Path file : EntryFiles.list(layout.images())) {
            try {
                imageOf(file).ifPresent(images::add);
            } catch (DamageException e) {
                // The others are as good as before.
            }
        }
        return images;
    }

    /** The same, when it must be all: fails when one is damaged. */
    List<StoredImage> listAll() throws IOException {
        List<StoredImage> images = new ArrayList<>();
        for (Path file : EntryFiles.list(layout.images())) {
            imageOf(file).ifPresent(images::add);
        }
        return images;
    }

    /** Empty for the entry of an index. */
    private Optional<StoredImage> imageOf(Path file) throws IOException {
        Optional<Entry> entry = EntryFiles.read(file, Entry::of);
        return entry.isEmpty() || entry.get().isIndex()
                ? Optional.empty()
                : Optional.of(parse(entry.get().descriptor, entry.get().chain));
    }

    /** Every name and the manifest it leads to, in order of name. */
    public Map<String, Digest> names() throws IOException {
        Map<String, Digest> sorted = new TreeMap<>();
        names.list().forEach(name -> sorted.put(name.reference(), name.manifest()));
        return sorted;
    }

    /** Removes an image, its names, and the indexes that led to it. Its blobs stay until they are collected. */
    void remove(StoredImage image) throws IOException {
        remove(image.descriptor().digest());
    }

    /** The same for one that may be damaged. */
    void remove(Digest manifest) throws IOException {
        for (ImageNames.Name name : names.list()) {
            if (name.manifest().equals(manifest)) {
                untag(ImageReference.parse(name.reference()));
            }
        }
        Files.deleteIfExists(layout.image(manifest));
        parsed.remove(manifest);
        for (Entry index : indexes()) {
            if (manifest.equals(index.image)) {
                Files.deleteIfExists(layout.image(index.descriptor.digest()));
            }
        }
    }

    /** Removes the entries of indexes that no name stands for any more; call it while nobody brings anything in. */
    void removeUnnamedIndexes() throws IOException {
        Set<Digest> named = new HashSet<>();
        names.list().forEach(name -> name.index().ifPresent(named::add));
        for (Entry index : indexes()) {
            if (!named.contains(index.descriptor.digest())) {
                Files.deleteIfExists(layout.image(index.descriptor.digest()));
            }
        }
    }

    /** Descriptors of the indexes there are. */
    List<Descriptor> indexDescriptors() throws IOException {
        return indexes().stream().map(index -> index.descriptor).toList();
    }

    /** Fails when an image's file is damaged or another image's. */
    void requireEntry(Path file) throws IOException {
        Optional<Entry> entry = EntryFiles.read(file, Entry::of);
        if (entry.isPresent() && !layout.image(entry.get().descriptor.digest()).equals(file)) {
            throw DamageException.ofEntry(
                    file, "it is about " + entry.get().descriptor.digest(), null);
        }
    }

    /** Fails when a name's file is damaged, or leads nowhere; call it while nobody brings anything in. */
    void requireName(Path file) throws IOException {
        Optional<ImageNames.Name> name = names.require(file);
        if (name.isEmpty()) {
            return;
        }
        if (!Files.exists(layout.image(name.get().manifest()))) {
            throw DamageException.ofEntry(file, "it leads to no image", null);
        }
        Optional<Digest> index = name.get().index();
        if (index.isPresent() && !(Files.exists(layout.image(index.get())) && blobs.has(index.get()))) {
            Files.deleteIfExists(layout.image(index.get()));
            names.put(name.get().withoutIndex());
        }
    }

    /** Makes the entry of an index from the names that stand for it; false when none does. */
    boolean addIndexOfNames(Descriptor document) throws IOException {
        for (ImageNames.Name name : names.list()) {
            if (name.index().equals(Optional.of(document.digest()))) {
                writeIndex(document, name.manifest());
                return true;
            }
        }
        return false;
    }

    /** Descriptors of the manifests of all images, readable or not. */
    List<Descriptor> manifests() throws IOException {
        List<Descriptor> manifests = new ArrayList<>();
        for (Path file : EntryFiles.list(layout.images())) {
            EntryFiles.read(file, Entry::of)
                    .filter(entry -> !entry.isIndex())
                    .ifPresent(entry -> manifests.add(entry.descriptor));
        }
        return manifests;
    }

    /** Blobs of the indexes that lead to one of these images, and of what else they list. */
    List<Digest> blobsOfIndexes(List<StoredImage> images) throws IOException {
        Set<Digest> manifests =
                images.stream().map(image -> image.descriptor().digest()).collect(Collectors.toSet());
        List<Digest> digests = new ArrayList<>();
        for (Entry entry : indexes()) {
            if (manifests.contains(entry.requiredImage())) {
                new ImageTree(blobs).read(entry.descriptor).all().forEach(blob -> digests.add(blob.digest()));
            }
        }
        return digests;
    }

    private List<Entry> indexes() throws IOException {
        List<Entry> indexes = new ArrayList<>();
        for (Path file : EntryFiles.list(layout.images())) {
            EntryFiles.read(file, Entry::of).filter(Entry::isIndex).ifPresent(indexes::add);
        }
        return indexes;
    }

    private Optional<StoredImage> read(Path file) throws IOException {
        Optional<Entry> entry = EntryFiles.read(file, Entry::of);
        if (entry.isEmpty()) {
            return Optional.empty();
        }
        if (entry.get().isIndex()) {
            indexed.put(entry.get().descriptor.digest(), entry.get().requiredImage());
            return read(layout.image(entry.get().requiredImage()));
        }
        return Optional.of(parse(entry.get().descriptor, entry.get().chain));
    }

    /** What a file says. */
    private record Entry(
            Descriptor descriptor,
            List<Digest> chain,
            @Nullable Digest image) {
        private static Entry of(Map<String, ?> json) {
            List<Digest> chain = new ArrayList<>();
            if (json.get(CHAIN) instanceof String text && !text.isEmpty()) {
                for (String hex : text.split(" ", -1)) {
                    chain.add(new Digest(hex));
                }
            }
            Digest image = json.get(IMAGE) instanceof String digest ? Digest.parse(digest) : null;
            return new Entry(Descriptor.of(json), chain, image);
        }

        private boolean isIndex() {
            return image != null;
        }

        private Digest requiredImage() {
            return Objects.requireNonNull(image);
        }
    }
}
