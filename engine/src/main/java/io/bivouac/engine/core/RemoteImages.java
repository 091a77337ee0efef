package io.bivouac.engine.core;

import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Transfer;
import io.bivouac.engine.Transfer.Direction;
import io.bivouac.engine.io.FileLocks;
import io.bivouac.engine.io.HostProcessor;
import io.bivouac.engine.io.PartialFile;
import io.bivouac.engine.io.VerifyingInputStream;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.oci.MediaTypes;
import io.bivouac.engine.registry.BlobTarget;
import io.bivouac.engine.registry.ManifestDocument;
import io.bivouac.engine.registry.OutgoingManifest;
import io.bivouac.engine.registry.Patience;
import io.bivouac.engine.registry.RegistryClient;
import io.bivouac.engine.registry.RegistrySettings;
import io.bivouac.engine.registry.RemoteManifest;
import io.bivouac.engine.registry.Surroundings;
import io.bivouac.engine.registry.TransferMeter;
import io.bivouac.engine.store.ImageTree;
import io.bivouac.engine.store.Store;
import io.bivouac.engine.store.StoredImage;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** Images between registries and the store. Loaded when the first is asked for: what it needs takes a cold start a while. */
final class RemoteImages {
    private final Store store;
    private final RegistryClient client;
    private final Consumer<Transfer> listener;

    RemoteImages(Store store, EngineOptions options, Executor executor) {
        this.store = store;
        this.client = new RegistryClient(
                RegistrySettings.of(options.registryMirrors(), options.insecureRegistries(), options.registryRealms()),
                Surroundings.ofProcess(),
                Patience.standard(),
                executor);
        this.listener = options.transferListener().orElse(transfer -> {});
    }

    /** Whether somebody else has brought the image in while this one waited. */
    @FunctionalInterface
    interface Known {
        Optional<StoredImage> find() throws IOException;
    }

    /** Of several who pull the same reference, in this process or others, one does it and the others find it done. */
    StoredImage pull(ImageReference reference, Known known) throws IOException {
        return FileLocks.exclusive(store.layout().pullLock(reference.toString()), () -> {
            Optional<StoredImage> found = known.find();
            return found.isPresent() ? found.get() : pull(reference);
        });
    }

    /** The same when the registry's image may be another than the store's; the same one is not downloaded again. */
    StoredImage update(ImageReference reference, Optional<StoredImage> current) throws IOException {
        if (current.isPresent()) {
            Optional<Digest> digest = client.digestOf(reference);
            Optional<Digest> index = store.index().indexOf(reference);
            boolean same = digest.isPresent()
                    && (digest.equals(index)
                            || digest.get().equals(current.get().descriptor().digest()));
            if (same) {
                return current.get();
            }
        }
        return FileLocks.exclusive(store.layout().pullLock(reference.toString()), () -> pull(reference));
    }

    private StoredImage pull(ImageReference reference) throws IOException {
        RemoteManifest remote = client.find(reference, HostProcessor.platform());
        requireImage(remote);
        List<Descriptor> blobs = RegistryClient.blobsOf(remote);
        return store.bringInSlowly(digestsOf(remote, blobs), () -> {
            long total = blobs.stream().mapToLong(Descriptor::size).sum();
            store.requireSpace(blobs.stream()
                    .filter(blob -> !store.blobs().has(blob.digest()))
                    .mapToLong(Descriptor::size)
                    .sum());
            LongConsumer progress =
                    bytes -> listener.accept(new Transfer(Direction.PULL, reference.familiar(), bytes, total, false));
            client.fetch(remote, new Target(store), new TransferMeter(progress));
            StoredImage image = store.bringIn(() -> makeVisible(remote, reference));
            listener.accept(new Transfer(Direction.PULL, reference.familiar(), total, total, true));
            return image;
        });
    }

    /** Brings in what the store lacks of an image that it has an entry of; its names stay as they are. */
    void mend(ImageReference byDigest) throws IOException {
        RemoteManifest remote = client.find(byDigest, HostProcessor.platform());
        List<Descriptor> blobs = RegistryClient.blobsOf(remote);
        store.bringInSlowly(digestsOf(remote, blobs), () -> {
            client.fetch(remote, new Target(store), new TransferMeter(bytes -> {}));
            return store.bringIn(() -> store.blobs()
                    .add(
                            remote.document().descriptor().mediaType(),
                            remote.document().content()));
        });
    }

    /** Pushes what a name stands for: the whole index where that is possible, else this host's image alone. */
    void push(ImageReference reference, StoredImage image) throws IOException {
        OutgoingManifest manifest = outgoing(reference, image);
        List<Descriptor> blobs = manifest.allBlobs();
        long total = blobs.stream().mapToLong(Descriptor::size).sum();
        LongConsumer progress =
                bytes -> listener.accept(new Transfer(Direction.PUSH, reference.familiar(), bytes, total, false));
        Optional<ImageReference> origin = store.index().sourceOf(image);
        store.bringInSlowly(blobs.stream().map(Descriptor::digest).toList(), () -> {
            store.requireImage(image);
            client.push(reference, manifest, this::open, origin, new TransferMeter(progress));
            return origin.isPresent()
                    ? image
                    : store.bringIn(() -> {
                        store.requireImage(image);
                        return store.index().add(image.descriptor(), Optional.of(reference));
                    });
        });
        listener.accept(new Transfer(Direction.PUSH, reference.familiar(), total, total, true));
    }

    private OutgoingManifest outgoing(ImageReference reference, StoredImage image) throws IOException {
        Optional<Digest> index = store.index().indexOf(reference);
        if (index.isPresent()) {
            ImageTree.Node node = store.tree().read(store.index().descriptorOf(index.get()));
            if (isPushable(reference, node)) {
                return outgoing(node);
            }
        }
        return outgoing(store.tree().read(image.descriptor()));
    }

    /** Registries refuse an index that lists what they do not have; they may have it already. */
    private boolean isPushable(ImageReference reference, ImageTree.Node index) throws IOException {
        for (Digest missing : store.tree().missing(index)) {
            if (!client.has(reference, missing)) {
                return false;
            }
        }
        return true;
    }

    private static OutgoingManifest outgoing(ImageTree.Node node) {
        return new OutgoingManifest(
                new ManifestDocument(node.descriptor(), node.content()),
                node.blobs(),
                node.children().stream().map(RemoteImages::outgoing).toList());
    }

    private InputStream open(Descriptor blob, long offset) throws IOException {
        if (offset == 0) {
            return new VerifyingInputStream(store.blobs().open(blob.digest()), blob);
        }
        InputStream content = store.blobs().open(blob.digest());
        content.skipNBytes(offset);
        return content;
    }

    private static void requireImage(RemoteManifest remote) throws IOException {
        String type = remote.manifest().config().mediaType();
        if (!MediaTypes.isImageConfig(type)) {
            String artifact = remote.manifest().artifactType();
            throw new IOException("it is no image but an artifact of type " + (artifact.isEmpty() ? type : artifact)
                    + ", and cannot be run");
        }
    }

    private static List<Digest> digestsOf(RemoteManifest remote, List<Descriptor> blobs) {
        List<Digest> digests = new ArrayList<>();
        blobs.forEach(blob -> digests.add(blob.digest()));
        digests.add(remote.document().descriptor().digest());
        remote.indexes().forEach(index -> digests.add(index.descriptor().digest()));
        return digests;
    }

    /** All at once for whoever collects what nobody needs: the image, the indexes that led to it, the name. */
    private StoredImage makeVisible(RemoteManifest remote, ImageReference reference) throws IOException {
        Descriptor manifest = store.blobs()
                .add(
                        remote.document().descriptor().mediaType(),
                        remote.document().content());
        StoredImage image = store.index().add(manifest, Optional.of(reference));
        for (ManifestDocument index : remote.indexes()) {
            store.index().addIndex(store.blobs().add(index.descriptor().mediaType(), index.content()), image);
        }
        Optional<Digest> index = remote.indexes().isEmpty()
                ? Optional.empty()
                : Optional.of(remote.root().descriptor().digest());
        store.index().tag(reference, image, index);
        return image;
    }

    /** The store as a pull sees it. */
    private record Target(Store store) implements BlobTarget {
        @Override
        public boolean has(Descriptor blob) {
            return store.blobs().has(blob.digest());
        }

        @Override
        public void receive(Descriptor blob, Filling filling) throws IOException {
            store.downloads().receive(blob, (PartialFile file) -> filling.into(file));
        }
    }
}
