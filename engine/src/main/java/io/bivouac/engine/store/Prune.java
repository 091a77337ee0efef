package io.bivouac.engine.store;

import io.bivouac.engine.oci.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/** Decides which images go. What a session uses stays, whichever process it belongs to. */
public final class Prune {
    /** Somebody who has just loaded an image without a name is about to start a container of it. */
    private static final Duration GRACE = Duration.ofHours(1);

    private final ImageIndex index;
    private final Pins pins;
    private final StoreSizes sizes;

    Prune(ImageIndex index, Pins pins, StoreSizes sizes) {
        this.index = index;
        this.pins = pins;
        this.sizes = sizes;
    }

    /**
     * Which images go: those without a name, after a while, always.
     *
     * @param unusedFor also those that nobody has begun to use for so long
     * @param sizeLimit also those that were not used for the longest time, until the store is no larger
     * @param unused also all that no session uses
     * @param dryRun nothing is removed, only told
     */
    public record Rule(Optional<Duration> unusedFor, OptionalLong sizeLimit, boolean unused, boolean dryRun) {}

    /**
     * An image that goes.
     *
     * @param names it had
     */
    public record Removed(StoredImage image, List<String> names) {
        public Removed {
            names = List.copyOf(names);
        }
    }

    /**
     * What went.
     *
     * @param bytes that are free now, or would be
     * @param folders of layers, for the warden to remove
     */
    public record Result(List<Removed> images, long bytes, List<Path> folders) {
        public Result {
            images = List.copyOf(images);
            folders = List.copyOf(folders);
        }

        Result withFolders(List<Path> unneeded) {
            return new Result(images, bytes, unneeded);
        }
    }

    /** An image and when it was used. */
    private record Candidate(Removed image, Instant lastUsed) {}

    /**
     * Decides; call it while nobody brings anything in.
     *
     * @param leased digits of the digests of blobs that stay in any case
     */
    Result plan(Rule rule, Set<String> leased) throws IOException {
        List<StoredImage> kept = new ArrayList<>(index.listAll());
        List<StoredImage> pinned = pins.list();
        List<Removed> removed = new ArrayList<>();
        for (Candidate candidate : candidates(kept, pinned)) {
            if (goes(candidate, rule) || isTooLarge(rule, kept, pinned, leased)) {
                removed.add(candidate.image);
                kept.remove(candidate.image.image());
            }
        }
        return new Result(removed, sizes.total() - sizeOf(kept, pinned, leased), List.of());
    }

    /** Those that may go, whoever was not used for the longest time first. */
    private List<Candidate> candidates(List<StoredImage> images, List<StoredImage> pinned) throws IOException {
        Set<Digest> used =
                pinned.stream().map(image -> image.descriptor().digest()).collect(Collectors.toSet());
        Map<String, Digest> names = index.names();
        List<Candidate> candidates = new ArrayList<>();
        for (StoredImage image : images) {
            Digest digest = image.descriptor().digest();
            if (!used.contains(digest)) {
                List<String> own = names.entrySet().stream()
                        .filter(name -> name.getValue().equals(digest))
                        .map(Map.Entry::getKey)
                        .toList();
                candidates.add(new Candidate(new Removed(image, own), index.lastUsed(image)));
            }
        }
        candidates.sort(Comparator.comparing(Candidate::lastUsed));
        return candidates;
    }

    private static boolean goes(Candidate candidate, Rule rule) {
        if (rule.unused) {
            return true;
        }
        Duration idle = Duration.between(candidate.lastUsed, Instant.now());
        boolean nameless = candidate.image.names().isEmpty() && idle.compareTo(GRACE) > 0;
        return nameless || (rule.unusedFor.isPresent() && idle.compareTo(rule.unusedFor.get()) > 0);
    }

    private boolean isTooLarge(Rule rule, List<StoredImage> kept, List<StoredImage> pinned, Set<String> leased)
            throws IOException {
        return rule.sizeLimit.isPresent() && sizeOf(kept, pinned, leased) > rule.sizeLimit.getAsLong();
    }

    /** Bytes that stay when these do. */
    private long sizeOf(List<StoredImage> kept, List<StoredImage> pinned, Set<String> leased) throws IOException {
        Set<String> blobs = new HashSet<>(leased);
        Set<String> layers = new HashSet<>(Set.of(LayerFolders.SCAFFOLD));
        List<StoredImage> images = new ArrayList<>(kept);
        images.addAll(pinned);
        for (StoredImage image : images) {
            image.blobs().stream().map(Digest::hex).forEach(blobs::add);
            image.chain().forEach(chain -> layers.add(StoreLayout.layerName(chain)));
        }
        for (Digest document : index.blobsOfIndexes(kept)) {
            blobs.add(document.hex());
        }
        return sum(sizes.blobs(), blobs) + sum(sizes.layers(), layers);
    }

    private static long sum(Map<String, Long> sizes, Set<String> wanted) {
        return sizes.entrySet().stream()
                .filter(size -> wanted.contains(size.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }
}
