package io.bivouac.engine.core;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Image;
import io.bivouac.engine.Images;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.oci.Platform;
import io.bivouac.engine.store.ImageArchives;
import io.bivouac.engine.store.ImageSources;
import io.bivouac.engine.store.LayoutDraft;
import io.bivouac.engine.store.Store;
import io.bivouac.engine.store.StoredImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The images of the store, and those {@code bivouac.images} provides. */
final class DefaultImages implements Images {
    private final Store store;
    private final ImageArchives archives;
    private final ImageSources sources;
    private final Consumer<List<Path>> removal;
    private volatile boolean removed;

    /**
     * @param removal deletes folders that may hold files of mapped ids
     */
    DefaultImages(Store store, List<Path> sources, Consumer<List<Path>> removal) {
        this.store = store;
        this.archives = new ImageArchives(store);
        this.sources = new ImageSources(archives, sources);
        this.removal = removal;
    }

    @Override
    public List<Image> load(Path archiveOrLayout) {
        return Attempts.call("Loading images from " + archiveOrLayout + " failed", () -> {
            List<Image> images = new ArrayList<>();
            for (StoredImage stored : archives.load(archiveOrLayout)) {
                images.add(describe(stored));
            }
            return List.copyOf(images);
        });
    }

    @Override
    public void save(Path target, String... references) {
        Map<String, StoredImage> images = new LinkedHashMap<>();
        for (String reference : references) {
            StoredImage image = required(reference);
            images.put(reference.startsWith("sha256:") ? image.id().shortHex() : familiar(reference), image);
        }
        Attempts.run("Saving " + String.join(", ", references) + " to " + target + " failed", () -> {
            try (LayoutDraft draft = new LayoutDraft(store, target)) {
                for (Map.Entry<String, StoredImage> image : images.entrySet()) {
                    draft.add(image.getKey(), image.getValue());
                }
                draft.commit();
            }
        });
    }

    private static String familiar(String reference) {
        return parse(reference).familiar();
    }

    @Override
    public Image tag(String source, String target) {
        StoredImage image = required(source);
        ImageReference reference = parse(target);
        return Attempts.call("Tagging " + source + " as " + target + " failed", () -> {
            store.index().tag(reference, image);
            return describe(image);
        });
    }

    @Override
    public Optional<Image> find(String reference) {
        return Attempts.call("Looking for the image " + reference + " failed", () -> {
            Optional<StoredImage> image = lookUp(reference);
            return image.isEmpty() ? Optional.empty() : Optional.of(describe(image.get()));
        });
    }

    @Override
    public List<Image> list() {
        return Attempts.call("Listing the images of " + store.layout().root() + " failed", () -> {
            List<Image> images = new ArrayList<>();
            Map<String, Digest> names = store.index().names();
            for (StoredImage stored : store.index().list()) {
                images.add(DefaultImage.of(stored, namesOf(stored, names)));
            }
            return List.copyOf(images);
        });
    }

    @Override
    public void remove(String reference) {
        StoredImage image = required(reference);
        Attempts.run("Removing the image " + reference + " failed", () -> {
            if (isId(reference)) {
                store.index().remove(image);
            } else {
                store.index().untag(parse(reference));
                if (namesOf(image, store.index().names()).isEmpty()) {
                    store.index().remove(image);
                }
            }
            removed = true;
            removal.accept(store.collect());
        });
    }

    /** Whether images were removed that containers of this engine may have kept in being. */
    boolean hasRemoved() {
        return removed;
    }

    Image describe(StoredImage stored) throws IOException {
        return DefaultImage.of(stored, namesOf(stored, store.index().names()));
    }

    private static List<String> namesOf(StoredImage stored, Map<String, Digest> names) {
        return names.entrySet().stream()
                .filter(name -> name.getValue().equals(stored.descriptor().digest()))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** The image a container is to be started from: of what {@code bivouac.images} names, else of the store. */
    StoredImage resolve(String reference) {
        StoredImage image = Attempts.call("Looking for the image " + reference + " failed", () -> {
                    Optional<StoredImage> stored = lookUp(reference);
                    return isId(reference) ? stored : sources.resolve(parse(reference), stored);
                })
                .orElseThrow(() -> notFound(reference));
        Platform platform = image.config().platform();
        if (!platform.runsOn(Platform.host())) {
            throw new ConfigurationException("The image " + reference + " is for " + platform
                    + " and cannot run here: this host is " + Platform.host() + ". Load an image built for it.");
        }
        return image;
    }

    private Optional<StoredImage> lookUp(String reference) throws IOException {
        if (Digest.isDigest(reference)) {
            return store.index().findByDigest(Digest.parse(reference));
        }
        Optional<StoredImage> tagged = store.index().find(parse(reference));
        if (tagged.isEmpty() && reference.matches("[0-9a-f]{12,64}")) {
            return store.index().findByIdPrefix(reference);
        }
        return tagged;
    }

    private static boolean isId(String reference) {
        return Digest.isDigest(reference) || reference.matches("[0-9a-f]{12,64}");
    }

    private StoredImage required(String reference) {
        return Attempts.call("Looking for the image " + reference + " failed", () -> lookUp(reference))
                .orElseThrow(() -> notFound(reference));
    }

    static ImageReference parse(String reference) {
        try {
            return ImageReference.parse(reference);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(e.getMessage() + ".", e);
        }
    }

    private ConfigurationException notFound(String reference) {
        String searched = sources.paths().isEmpty()
                ? "bivouac.images names no other place"
                : "nor is it in "
                        + String.join(
                                ", ",
                                sources.paths().stream().map(Path::toString).toList());
        return new ConfigurationException("The image " + reference + " is not in the store "
                + store.layout().root() + ", "
                + searched
                + ". Load it with mvn bivouac:load -Dbivouac.archive=FILE, or name a layout or archive that holds it with"
                + " -Dbivouac.images=PATH.");
    }
}
