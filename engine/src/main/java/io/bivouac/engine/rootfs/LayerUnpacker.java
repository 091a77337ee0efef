package io.bivouac.engine.rootfs;

import io.bivouac.engine.io.Parallel;
import io.bivouac.engine.io.Uninterrupted;
import io.bivouac.engine.layer.LayerCompression;
import io.bivouac.engine.layer.LayerLimits;
import io.bivouac.engine.layer.LayerReader;
import io.bivouac.engine.layer.LayersBelow;
import io.bivouac.engine.layer.ReadAhead;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.store.LayerFolders;
import io.bivouac.engine.store.SpaceException;
import io.bivouac.engine.store.Store;
import io.bivouac.engine.store.StoredImage;
import io.bivouac.engine.tree.TreeWriter;
import io.bivouac.engine.warden.Errno;
import io.bivouac.engine.warden.TreeConnection;
import io.bivouac.engine.warden.TreePlan;
import io.bivouac.engine.warden.WardenClient;
import io.bivouac.engine.warden.WardenException;
import io.bivouac.engine.warden.WardenFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;

/**
 * Unpacks the layers of an image that are not unpacked yet, several at a time: one waits for those below it when the first of its
 * entries needs them.
 */
public final class LayerUnpacker {
    /** What the kernel says of entries that contradict each other, or that no file system has room for. */
    private static final Set<Integer> IMPOSSIBLE = Set.of(
            Errno.ENOENT,
            Errno.ENOTDIR,
            Errno.EISDIR,
            Errno.EEXIST,
            Errno.ELOOP,
            Errno.ENAMETOOLONG,
            Errno.EPERM,
            Errno.EINVAL);

    /** Each keeps a thread and the warden's worker busy. */
    private static final int MOST = 4;

    private final Store store;
    private final Executor executor;
    private final LayerFolders folders;
    private final OverlayStacks stacks;
    private final Optional<String> label;
    private final LayerLimits limits = LayerLimits.ofProperties();

    /**
     * @param label the context of layers, where SELinux is active
     * @param executor of threads for layers beside the first
     */
    public LayerUnpacker(
            Store store, LayerFolders folders, OverlayStacks stacks, Optional<String> label, Executor executor) {
        this.store = store;
        this.folders = folders;
        this.stacks = stacks;
        this.label = label;
        this.executor = executor;
    }

    /** Returns when every layer is there; several threads and processes share the work of one layer by waiting for it. */
    public void unpack(StoredImage image, WardenClient warden) throws IOException, WardenException {
        List<Digest> chain = image.chain();
        List<Unpacking> missing = new ArrayList<>();
        for (int i = 0; i < chain.size(); i++) {
            if (!folders.has(chain.get(i))) {
                missing.add(new Unpacking(image, i, warden, List.copyOf(missing)));
            }
        }
        if (missing.isEmpty()) {
            return;
        }
        store.bringIn(() -> {
            if (missing.size() == 1) {
                missing.get(0).run();
            } else {
                // Those below are begun first, so that nobody waits for one that is not.
                int width = Math.min(MOST, Runtime.getRuntime().availableProcessors());
                new Parallel(executor, width).run(missing, WardenException.class);
            }
            return missing;
        });
    }

    /** One layer. */
    private final class Unpacking implements Parallel.Task<WardenException>, LayersBelow {
        private final StoredImage image;
        private final int number;
        private final WardenClient warden;
        private final List<Unpacking> below;
        private final CompletableFuture<Integer> done = new CompletableFuture<>();

        private Unpacking(StoredImage image, int number, WardenClient warden, List<Unpacking> below) {
            this.image = image;
            this.number = number;
            this.warden = warden;
            this.below = below;
        }

        @Override
        public void run() throws IOException, WardenException {
            Digest chainId = image.chain().get(number);
            try {
                done.complete(folders.locked(chainId, () -> {
                    if (!folders.has(chainId)) {
                        unpack(image, number, this, warden);
                    }
                    return number;
                }));
            } finally {
                // Without effect when all went well.
                done.cancel(false);
            }
        }

        @Override
        public void await() throws IOException {
            try {
                for (Unpacking layer : below) {
                    layer.done.get();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while the layers below were unpacked");
            } catch (CancellationException | ExecutionException e) {
                // Its own failure is what is told.
                throw new InterruptedIOException("a layer below could not be unpacked");
            }
        }
    }

    private void unpack(StoredImage image, int number, LayersBelow below, WardenClient warden)
            throws IOException, WardenException {
        Digest chainId = image.chain().get(number);
        Path folder = folders.begin(chainId);
        try {
            write(image, number, folder, below, warden);
            folders.commit(folder, chainId);
        } catch (IOException | WardenException | RuntimeException e) {
            try {
                Uninterrupted.run(() -> warden.remove(List.of(folder)));
            } catch (WardenException | RuntimeException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    private void write(StoredImage image, int number, Path folder, LayersBelow below, WardenClient warden)
            throws IOException, WardenException {
        Descriptor layer = image.manifest().layers().get(number);
        TreePlan plan = stacks.withBelow(
                TreePlan.ofFolder(folder, stacks.treeFlags()).withLabel(label.orElse("")),
                image.chain().subList(0, number));
        try (InputStream blob = store.blobs().open(layer.digest());
                ReadAhead archive = new ReadAhead(
                        store.keepingReserve(limits.bound(LayerCompression.decompress(blob), layer.size())));
                TreeConnection connection = warden.writeTree(plan)) {
            try {
                TreeWriter writer = connection.writer();
                new LayerReader(stacks.makesDevices(), limits)
                        .copy(archive, writer, number == 0 ? Optional.empty() : Optional.of(below));
                checkDigest(image, number, archive.drain());
                writer.end();
            } catch (IOException e) {
                throw connection.unwrap(e);
            }
            connection.finish();
        } catch (WardenException e) {
            throw impossible(layer, e);
        } catch (SpaceException | InterruptedIOException e) {
            throw e; // whichever layer it is
        } catch (IOException e) {
            throw new IOException("layer " + layer.digest() + ": " + e.getMessage(), e);
        }
    }

    /** What a layer asks for cannot be done by anyone, or the host fails to do it. */
    private static WardenException impossible(Descriptor layer, WardenException e) throws IOException, WardenException {
        WardenFailure failure = e.failure();
        if (failure.is("write the tree") && IMPOSSIBLE.contains(failure.errno())) {
            throw new IOException(
                    "layer " + layer.digest() + ": " + failure.object().replaceAll("\\p{Cntrl}", "?")
                            + " cannot be written (" + failure.syscall() + "): " + Errno.text(failure.errno()),
                    e);
        }
        throw e;
    }

    private static void checkDigest(StoredImage image, int number, Digest actual) throws IOException {
        Digest wanted = image.config().diffIds().get(number);
        if (!actual.equals(wanted)) {
            throw new IOException(
                    "its content has the digest " + actual + ", the image's configuration names " + wanted);
        }
    }
}
