package io.bivouac.engine.store;

import io.bivouac.engine.oci.Digest;
import java.nio.file.Path;

/**
 * Where everything lies in a store.
 *
 * <pre>
 * version                       the format's number
 * bin/                          the warden's program
 * blobs/sha256/HEX              manifests, configurations and layers, as they were received
 * images/HEX                    one file for each image, named by its manifest's digest
 * images/references/HEX         one file for each tag, named by the digest of the reference
 * layers/MAPPING/CHAIN          unpacked layers; MAPPING names the map of ids they were written under
 * layers/MAPPING/CHAIN.chain    the whole chain ID a layer's short name stands for
 * locks/                        see {@link io.bivouac.engine.io.FileLocks}
 * sessions/ID, sessions/ID.lock one for each running engine, made and removed by its guardian
 * sessions/ID/pins/HEX          images the session runs containers of
 * </pre>
 *
 * @param root the store's folder
 */
public record StoreLayout(Path root) {
    /** Layers are named short: mount(2) takes one page of options for up to 127 of them. */
    private static final int CHAIN_DIGITS = 28;

    public Path version() {
        return root.resolve("version");
    }

    public Path binaries() {
        return root.resolve("bin");
    }

    public Path blobs() {
        return root.resolve("blobs").resolve(Digest.ALGORITHM);
    }

    public Path blob(Digest digest) {
        return blobs().resolve(digest.hex());
    }

    public Path images() {
        return root.resolve("images");
    }

    public Path image(Digest manifest) {
        return images().resolve(manifest.hex());
    }

    public Path references() {
        return images().resolve("references");
    }

    public Path reference(Digest nameDigest) {
        return references().resolve(nameDigest.hex());
    }

    public Path layers() {
        return root.resolve("layers");
    }

    public Path layers(String mapping) {
        return layers().resolve(mapping);
    }

    /** The short name of an unpacked layer. */
    public static String layerName(Digest chainId) {
        return chainId.hex().substring(0, CHAIN_DIGITS);
    }

    public Path locks() {
        return root.resolve("locks");
    }

    /** Held shared while blobs and layers come in, exclusively while what nobody needs is removed. */
    public Path contentLock() {
        return locks().resolve("content");
    }

    /** Held exclusively while one layer is unpacked. */
    public Path layerLock(String mapping, Digest chainId) {
        return locks().resolve("layer-" + mapping + "-" + layerName(chainId));
    }

    public Path pins(String sessionId) {
        return sessions().resolve(sessionId).resolve("pins");
    }

    public Path sessions() {
        return root.resolve("sessions");
    }
}
