package io.bivouac.engine.core;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Damage;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Image;
import io.bivouac.engine.Images;
import io.bivouac.engine.Pruning;
import io.bivouac.engine.PullPolicy;
import io.bivouac.engine.StoreUsage;
import io.bivouac.engine.io.HostProcessor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.oci.Platform;
import io.bivouac.engine.store.ImageArchives;
import io.bivouac.engine.store.ImageSaver;
import io.bivouac.engine.store.ImageSources;
import io.bivouac.engine.store.Prune;
import io.bivouac.engine.store.Store;
import io.bivouac.engine.store.StoreSizes;
import io.bivouac.engine.store.StoredImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The images of the store, and those {@code bivouac.images} provides. */
final class DefaultImages implements Images {
    /** An image's id or the beginning of one, as people copy it. */
    private static final Pattern ID = Pattern.compile("[0-9a-f]{12,64}");

    private final Store store;
    private final ImageArchives archives;
    private final ImageSources sources;
    private final EngineOptions options;
    private final Executor executor;
    private final Consumer<List<Path>> removal;
    private @Nullable RemoteImages remote;
    private volatile boolean removed;

    /**
     * @param removal deletes folders that may hold files of mapped ids
     */
    DefaultImages(Store store, EngineOptions options, Executor executor, Consumer<List<Path>> removal) {
        this.store = store;
        this.archives = new ImageArchives(store);
        this.sources = new ImageSources(archives, options.images());
        this.options = options;
        this.executor = executor;
        this.removal = removal;
    }

    private synchronized RemoteImages remote() {
        if (remote == null) {
            remote = new RemoteImages(store, options, executor);
        }
        return remote;
    }

    @Override
    public Image pull(String reference) {
        if (isId(reference)) {
            throw new ConfigurationException("The id " + reference
                    + " names no image of a registry. Pull by a tag, or by repository@sha256:DIGEST.");
        }
        ImageReference parsed = parse(reference);
        requireOnline(reference);
        return Attempts.call(
                "Pulling the image " + reference + " failed",
                () -> describe(remote().update(parsed, store.index().find(parsed))));
    }

    @Override
    public void push(String reference) {
        StoredImage image = required(reference);
        if (isId(reference)) {
            throw new ConfigurationException("The id " + reference
                    + " names no place in a registry. Tag the image with registry/repository:tag, and push that.");
        }
        requireOnline(reference);
        Attempts.run("Pushing the image " + reference + " failed", () -> remote().push(parse(reference), image));
    }

    private void requireOnline(String reference) {
        if (options.offline()) {
            throw new ConfigurationException("The registry of the image " + reference
                    + " is not asked: bivouac.offline is set. Take that back, or carry the image in a file, with"
                    + " mvn bivouac:save and mvn bivouac:load.");
        }
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
    public Image importRootfs(Path archive, String reference) {
        ImageReference parsed = parse(reference);
        return Attempts.call(
                "Importing the user space in " + archive + " as " + reference + " failed",
                () -> describe(new RootfsImport(store).run(archive, parsed)));
    }

    @Override
    public void save(Path target, String... references) {
        List<ImageSaver.Named> images = new ArrayList<>();
        for (String reference : references) {
            StoredImage image = required(reference);
            images.add(new ImageSaver.Named(isId(reference) ? Optional.empty() : Optional.of(parse(reference)), image));
        }
        Attempts.run(
                "Saving " + String.join(", ", references) + " to " + target + " failed",
                () -> new ImageSaver(store).save(target, images));
    }

    @Override
    public Image tag(String source, String target) {
        StoredImage image = required(source);
        ImageReference reference = parse(target);
        return Attempts.call(
                "Tagging " + source + " as " + target + " failed",
                () -> store.bringIn(() -> {
                    store.requireImage(image);
                    store.index().tag(reference, image);
                    return describe(image);
                }));
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
                store.remove(image.descriptor().digest());
            } else {
                store.untag(parse(reference));
            }
            removed = true;
            removal.accept(store.collect());
        });
    }

    @Override
    public Pruning.Result prune(Pruning pruning) {
        return Attempts.call("Pruning the store " + store.layout().root() + " failed", () -> {
            Prune.Result result = store.prune(
                    new Prune.Rule(pruning.unusedFor(), pruning.sizeLimit(), pruning.unused(), pruning.dryRun()));
            removal.accept(result.folders());
            return new Pruning.Result(
                    result.images().stream()
                            .map(gone -> (Image) DefaultImage.of(gone.image(), gone.names()))
                            .toList(),
                    result.bytes());
        });
    }

    @Override
    public List<Damage> verify() {
        return Attempts.call("Verifying the store " + store.layout().root() + " failed", () -> {
            Optional<StoreMender.Fetching> fetching =
                    options.offline() ? Optional.empty() : Optional.of(reference -> remote().mend(reference));
            List<Damage> damages = new StoreMender(store, fetching).run();
            // What an image needs is not known as long as it cannot be read.
            if (damages.stream().noneMatch(damage -> damage.outcome() == Damage.Outcome.REMAINS)) {
                removal.accept(store.collect());
            }
            return List.copyOf(damages);
        });
    }

    @Override
    public StoreUsage usage() {
        return Attempts.call("Measuring the store " + store.layout().root() + " failed", () -> {
            StoreSizes sizes = store.sizes();
            long free = store.layout().root().toFile().getUsableSpace();
            return new StoreUsage(sizes.blobBytes(), sizes.layerBytes(), sizes.partials(), free, store.reserved());
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

    /** The image a container is to be started from: of what {@code bivouac.images} names, else of the store, else pulled. */
    StoredImage resolve(String reference, PullPolicy policy) {
        Optional<ImageReference> name = isId(reference) ? Optional.empty() : Optional.of(parse(reference));
        Optional<StoredImage> known = Attempts.call(
                "Looking for the image " + reference + " failed",
                () -> name.isEmpty()
                        ? lookUp(reference)
                        : sources.resolve(name.get(), store.index().find(name.get())));
        StoredImage image = isPulled(name, policy, known)
                ? pullFor(reference, name.get(), known)
                : unpulled(reference, policy, known);
        requirePlatform(reference, image);
        return image;
    }

    /** Never what has no name. */
    private boolean isPulled(Optional<ImageReference> name, PullPolicy policy, Optional<StoredImage> known) {
        if (name.isEmpty() || options.offline()) {
            return false;
        }
        return switch (policy) {
            case MISSING -> known.isEmpty();
            case ALWAYS -> known.isEmpty() || !sources.provides(name.get());
            case NEVER -> false;
        };
    }

    private StoredImage pullFor(String reference, ImageReference parsed, Optional<StoredImage> known) {
        return Attempts.call(
                "Pulling the image " + reference + " failed",
                () -> known.isPresent()
                        ? remote().update(parsed, known)
                        : remote().pull(parsed, () -> store.index().find(parsed)));
    }

    private StoredImage unpulled(String reference, PullPolicy policy, Optional<StoredImage> found) {
        boolean byId = isId(reference);
        String reason = policy == PullPolicy.NEVER ? "its pull policy says never" : "bivouac.offline is set";
        return found.orElseThrow(() -> notFound(reference, byId ? "" : ", and it is not pulled: " + reason));
    }

    private static void requirePlatform(String reference, StoredImage image) {
        Platform platform = image.config().platform();
        // Most images are for the oldest variant: what this processor can do need not be found out.
        if (!platform.runsOn(Platform.host()) && !platform.runsOn(HostProcessor.platform())) {
            throw new ConfigurationException("The image " + reference + " is for " + platform
                    + " and cannot run here: this host is " + Platform.host() + ". Load an image built for it.");
        }
    }

    private Optional<StoredImage> lookUp(String reference) throws IOException {
        if (Digest.isDigest(reference)) {
            return store.index().findByDigest(Digest.parse(reference));
        }
        Optional<StoredImage> tagged = store.index().find(parse(reference));
        if (tagged.isEmpty() && ID.matcher(reference).matches()) {
            return store.index().findByIdPrefix(reference);
        }
        return tagged;
    }

    private static boolean isId(String reference) {
        return Digest.isDigest(reference) || ID.matcher(reference).matches();
    }

    private StoredImage required(String reference) {
        return Attempts.call("Looking for the image " + reference + " failed", () -> lookUp(reference))
                .orElseThrow(() -> notFound(reference, ""));
    }

    static ImageReference parse(String reference) {
        try {
            return ImageReference.parse(reference);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(e.getMessage() + ".", e);
        }
    }

    private ConfigurationException notFound(String reference, String more) {
        String searched = sources.paths().isEmpty()
                ? "bivouac.images names no other place"
                : "nor is it in "
                        + String.join(
                                ", ",
                                sources.paths().stream().map(Path::toString).toList());
        return new ConfigurationException("The image " + reference + " is not in the store "
                + store.layout().root() + ", "
                + searched + more
                + ". Load it with mvn bivouac:load -Dbivouac.archive=FILE, or name a layout or archive that holds it with"
                + " -Dbivouac.images=PATH.");
    }
}
