package io.bivouac.engine.rootfs;

import io.bivouac.engine.io.Uninterrupted;
import io.bivouac.engine.layer.LayerCompression;
import io.bivouac.engine.layer.LayerLimits;
import io.bivouac.engine.layer.LayerReader;
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
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Unpacks the layers of an image that are not unpacked yet. */
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

    private final Store store;
    private final LayerFolders folders;
    private final OverlayStacks stacks;
    private final Optional<String> label;
    private final LayerLimits limits = LayerLimits.ofProperties();

    /**
     * @param label the context of layers, where SELinux is active
     */
    public LayerUnpacker(Store store, LayerFolders folders, OverlayStacks stacks, Optional<String> label) {
        this.store = store;
        this.folders = folders;
        this.stacks = stacks;
        this.label = label;
    }

    /** Returns when every layer is there; several threads and processes share the work of one layer by waiting for it. */
    public void unpack(StoredImage image, WardenClient warden) throws IOException, WardenException {
        List<Digest> chain = image.chain();
        for (int i = 0; i < chain.size(); i++) {
            if (folders.has(chain.get(i))) {
                continue;
            }
            int number = i;
            store.bringIn(() -> folders.locked(chain.get(number), () -> {
                if (!folders.has(chain.get(number))) {
                    unpack(image, number, warden);
                }
                return number;
            }));
        }
    }

    private void unpack(StoredImage image, int number, WardenClient warden) throws IOException, WardenException {
        Digest chainId = image.chain().get(number);
        Path folder = folders.begin(chainId);
        try {
            write(image, number, folder, warden);
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

    private void write(StoredImage image, int number, Path folder, WardenClient warden)
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
                new LayerReader(stacks.makesDevices(), limits).copy(archive, writer);
                checkDigest(image, number, archive.drain());
                writer.end();
            } catch (IOException e) {
                throw connection.unwrap(e);
            }
            connection.finish();
        } catch (WardenException e) {
            throw impossible(layer, e);
        } catch (SpaceException e) {
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
