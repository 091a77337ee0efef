package io.bivouac.engine.store;

import io.bivouac.engine.io.DigestingInputStream;
import io.bivouac.engine.io.FileLocks;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.engine.oci.MediaTypes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a store again as if nothing of it were known. What is damaged is taken away, so that it can come anew; what can be made
 * from the rest is made. What remains are images that lack something.
 */
public final class StoreCheck {
    private static final String HEX = "[0-9a-f]{64}";

    private final StoreLayout layout;
    private final ImageIndex index;
    private final Blobs blobs;
    private final List<Finding> findings = new ArrayList<>();
    private final Map<Digest, String> damaged = new LinkedHashMap<>();

    public StoreCheck(Store store) {
        this.layout = store.layout();
        this.index = store.index();
        this.blobs = store.blobs();
    }

    /**
     * Something that was damaged and is in order again.
     *
     * @param object what it is
     * @param problem what was wrong with it
     * @param lost whether it is gone; otherwise it was made anew
     */
    public record Finding(String object, String problem, boolean lost) {}

    /**
     * An image that cannot be used as it is.
     *
     * @param manifest its digest
     * @param names it has
     * @param source where it can be had again, if anybody knows
     * @param problem what is wrong
     */
    public record Lacking(Digest manifest, List<String> names, Optional<ImageReference> source, String problem) {
        public Lacking {
            names = List.copyOf(names);
        }
    }

    /** Checks everything. */
    public List<Finding> run() throws IOException {
        for (Path blob : Store.list(layout.blobs())) {
            if (Store.name(blob).matches(HEX)) {
                checkBlob(new Digest(Store.name(blob)));
            }
        }
        FileLocks.exclusive(layout.contentLock(), () -> {
            for (Path file : EntryFiles.list(layout.images())) {
                checkEntry(file);
            }
            for (Path file : EntryFiles.list(layout.references())) {
                checkName(file);
            }
            return findings;
        });
        return List.copyOf(findings);
    }

    private void checkBlob(Digest digest) throws IOException {
        Optional<String> problem = problemOf(digest);
        if (problem.isEmpty()) {
            return;
        }
        // Once more while nobody brings it in: it may have come anew meanwhile.
        FileLocks.exclusive(layout.contentLock(), () -> {
            Optional<String> still = problemOf(digest);
            if (still.isPresent()) {
                Files.deleteIfExists(layout.blob(digest));
                damaged.put(digest, still.get());
            }
            return still;
        });
    }

    private Optional<String> problemOf(Digest digest) throws IOException {
        try (DigestingInputStream in = new DigestingInputStream(Files.newInputStream(layout.blob(digest)))) {
            in.drain();
            Digest actual = in.digest();
            return actual.equals(digest)
                    ? Optional.empty()
                    : Optional.of("blob " + digest + " is damaged: its content has the digest " + actual);
        } catch (NoSuchFileException e) {
            // It was collected.
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("blob " + digest + " cannot be read: " + e.getMessage());
        }
    }

    private void checkEntry(Path file) throws IOException {
        try {
            index.requireEntry(file);
        } catch (DamageException e) {
            Files.deleteIfExists(file);
            boolean made = Store.name(file).matches(HEX) && makeEntry(new Digest(Store.name(file)));
            findings.add(new Finding("the entry " + file, e.reason(), !made));
        }
    }

    /** The file's name is the digest of a document, which may be there still. */
    private boolean makeEntry(Digest digest) throws IOException {
        if (!blobs.has(digest)) {
            return false;
        }
        byte[] content = blobs.read(digest, Manifest.SIZE_LIMIT);
        try {
            Map<String, ?> json = Json.parseObject(content);
            String type = json.get("mediaType") instanceof String text
                    ? text
                    : json.containsKey("manifests") ? MediaTypes.INDEX : MediaTypes.MANIFEST;
            Descriptor document = new Descriptor(type, digest, content.length);
            if (!MediaTypes.isIndex(type)) {
                index.add(document);
                return true;
            }
            return index.addIndexOfNames(document);
        } catch (DamageException | IllegalArgumentException e) {
            return false;
        }
    }

    private void checkName(Path file) throws IOException {
        try {
            index.requireName(file);
        } catch (DamageException e) {
            Files.deleteIfExists(file);
            findings.add(new Finding("the name " + Store.name(file).replace("%2F", "/"), e.reason(), true));
        }
    }

    /** Images whose blobs are not all there. */
    public List<Lacking> lacking() throws IOException {
        List<Lacking> lacking = new ArrayList<>();
        Map<String, Digest> names = index.names();
        for (Descriptor manifest : index.manifests()) {
            Optional<String> problem = problemOf(manifest);
            if (problem.isPresent()) {
                List<String> own = names.entrySet().stream()
                        .filter(name -> name.getValue().equals(manifest.digest()))
                        .map(Map.Entry::getKey)
                        .toList();
                lacking.add(new Lacking(manifest.digest(), own, index.sourceOf(manifest.digest()), problem.get()));
            }
        }
        return lacking;
    }

    private Optional<String> problemOf(Descriptor document) throws IOException {
        List<Descriptor> needed;
        try {
            needed = needs(document);
            if (needed.size() > 1 && blobs.has(needed.get(1).digest())) {
                ImageConfig.of(Json.parseObject(blobs.read(needed.get(1).digest(), Manifest.SIZE_LIMIT)));
            }
        } catch (IllegalArgumentException e) {
            return Optional.of("it is malformed: " + e.getMessage());
        }
        return needed.stream()
                .map(Descriptor::digest)
                .filter(digest -> !blobs.has(digest))
                .map(digest -> damaged.getOrDefault(digest, "blob " + digest + " is missing"))
                .findFirst();
    }

    /** The manifest, and, as far as that tells, the configuration and the layers. */
    private List<Descriptor> needs(Descriptor document) throws IOException {
        List<Descriptor> needed = new ArrayList<>(List.of(document));
        if (blobs.has(document.digest())) {
            Manifest manifest = Manifest.of(Json.parseObject(blobs.read(document.digest(), Manifest.SIZE_LIMIT)));
            needed.add(manifest.config());
            needed.addAll(manifest.layers());
        }
        return needed;
    }

    /** Blobs that were damaged and that no image needs; they are gone. */
    public List<String> others() throws IOException {
        Map<Digest, String> others = new LinkedHashMap<>(damaged);
        for (Descriptor manifest : index.manifests()) {
            try {
                needs(manifest).forEach(blob -> others.remove(blob.digest()));
            } catch (IllegalArgumentException e) {
                // It is among those that lack something.
            }
        }
        return List.copyOf(others.values());
    }
}
