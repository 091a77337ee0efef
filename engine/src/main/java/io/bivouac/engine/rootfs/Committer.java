package io.bivouac.engine.rootfs;

import io.bivouac.engine.layer.LayerWriter;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.engine.oci.MediaTypes;
import io.bivouac.engine.store.Blobs;
import io.bivouac.engine.store.Store;
import io.bivouac.engine.store.StoredImage;
import io.bivouac.engine.tree.TreeReader;
import io.bivouac.engine.warden.TreePlan;
import io.bivouac.engine.warden.WardenClient;
import io.bivouac.engine.warden.WardenException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes images of what containers changed. The new layer is kept uncompressed: it is read again on this host more often than it
 * travels.
 */
public final class Committer {
    /** The moment reproducible builds claim, seconds since 1970. */
    private static final String SOURCE_DATE_EPOCH = "SOURCE_DATE_EPOCH";

    private static final int BUFFER = 256 << 10;

    private final Store store;
    private final OverlayStacks stacks;

    public Committer(Store store, OverlayStacks stacks) {
        this.store = store;
        this.stacks = stacks;
    }

    /** Keeps what an upper directory holds in a record file, which costs a fraction of a commit. */
    public void record(UpperDirectory upper, Path file, WardenClient warden) throws WardenException {
        warden.readTreeToFile(upper.readPlan(stacks, TreePlan.CONTENT).withOutput(file));
    }

    /** Commits a record file. */
    public StoredImage commit(StoredImage base, Path recordFile, @Nullable ImageReference reference)
            throws IOException {
        return store.bringIn(() -> {
            try (InputStream in = new BufferedInputStream(Files.newInputStream(recordFile), BUFFER)) {
                return store(base, new TreeReader(in), reference);
            }
        });
    }

    /** Commits a record file into another collection of blobs: a layout being written. Layers of the base are not copied. */
    public Descriptor commitInto(Blobs blobs, StoredImage base, Path recordFile) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(recordFile), BUFFER)) {
            return write(blobs, base, new TreeReader(in));
        }
    }

    private StoredImage store(StoredImage base, TreeReader records, @Nullable ImageReference reference)
            throws IOException {
        StoredImage image = store.index().add(write(store.blobs(), base, records));
        if (reference != null) {
            store.index().tag(reference, image);
        }
        return image;
    }

    private static Descriptor write(Blobs blobs, StoredImage base, TreeReader records) throws IOException {
        Descriptor layer =
                blobs.add(MediaTypes.LAYER_TAR, out -> LayerWriter.copy(records, UpperDirectory::isOwnWork, out));
        // Uncompressed, so the blob's digest is the diff ID.
        ImageConfig config = base.config().withLayer(layer.digest(), created(), "bivouac commit");
        List<Descriptor> layers = new ArrayList<>(base.manifest().layers());
        layers.add(layer);
        Descriptor storedConfig = blobs.addJson(MediaTypes.CONFIG, config.json());
        return blobs.addJson(
                MediaTypes.MANIFEST, Manifest.ofImage(storedConfig, layers).toJson());
    }

    private static String created() {
        Instant now = Optional.ofNullable(System.getenv(SOURCE_DATE_EPOCH))
                .filter(text -> text.matches("\\d{1,11}"))
                .map(text -> Instant.ofEpochSecond(Long.parseLong(text)))
                .orElseGet(() -> Clock.systemUTC().instant().truncatedTo(ChronoUnit.SECONDS));
        return now.toString();
    }
}
