package io.bivouac.engine.store;

import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Names of images, one file for each. */
final class ImageNames {
    private static final String REFERENCE = "reference";
    private static final String MANIFEST = "manifest";
    private static final String INDEX = "index";

    private static final int FILE_NAME_LIMIT = 200;

    private final StoreLayout layout;
    /** Names by their files: each start asks for one. */
    private final Map<Path, Known> known = new ConcurrentHashMap<>();

    /**
     * A name.
     *
     * @param reference in full
     * @param manifest of the image it leads to
     * @param indexOrNull by which a registry knows the image, when it is one for several platforms
     */
    record Name(String reference, Digest manifest, @Nullable Digest indexOrNull) {
        Optional<Digest> index() {
            return Optional.ofNullable(indexOrNull);
        }

        Name withoutIndex() {
            return new Name(reference, manifest, null);
        }

        private Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put(REFERENCE, reference);
            json.put(MANIFEST, manifest.toString());
            index().ifPresent(digest -> json.put(INDEX, digest.toString()));
            return json;
        }

        private static Name of(Map<String, ?> json) {
            String reference = String.valueOf(json.get(REFERENCE));
            ImageReference.parse(reference);
            return new Name(
                    reference,
                    Digest.parse(String.valueOf(json.get(MANIFEST))),
                    json.get(INDEX) instanceof String index ? Digest.parse(index) : null);
        }
    }

    /** What a file said when it was read. */
    private record Known(FileStamp stamp, Name name) {}

    ImageNames(StoreLayout layout) {
        this.layout = layout;
    }

    void put(Name name) throws IOException {
        EntryFiles.write(file(name.reference()), name.toJson());
    }

    boolean remove(ImageReference reference) throws IOException {
        return Files.deleteIfExists(file(reference.toString()));
    }

    /** No reference holds a percent sign; names too long for a file name are rare enough to be digested. */
    private Path file(String reference) {
        return layout.reference(
                reference.length() <= FILE_NAME_LIMIT
                        ? reference.replace("/", "%2F")
                        : Digest.of(reference.getBytes(StandardCharsets.UTF_8)).hex());
    }

    Optional<Name> find(ImageReference reference) throws IOException {
        Path file = file(reference.toString());
        Optional<FileStamp> stamp = FileStamp.of(file);
        if (stamp.isEmpty()) {
            return Optional.empty();
        }
        Known last = known.get(file);
        if (last != null && last.stamp.sameAs(stamp.get())) {
            return Optional.of(last.name);
        }
        Optional<Name> name = EntryFiles.read(file, Name::of);
        name.ifPresent(read -> known.put(file, new Known(stamp.get(), read)));
        return name;
    }

    /** What a file says; fails when it is damaged or another name's. */
    Optional<Name> require(Path file) throws IOException {
        Optional<Name> name = EntryFiles.read(file, Name::of);
        if (name.isPresent() && !file(name.get().reference()).equals(file)) {
            throw DamageException.ofEntry(file, "it is about " + name.get().reference(), null);
        }
        return name;
    }

    /** All of them, in order of their files. */
    List<Name> list() throws IOException {
        List<Name> names = new ArrayList<>();
        for (Path file : EntryFiles.list(layout.references())) {
            EntryFiles.read(file, Name::of).ifPresent(names::add);
        }
        return names;
    }
}
