package io.bivouac.engine.store;

import io.bivouac.engine.oci.Digest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Where everything lies in a store.
 *
 * <pre>
 * version                       the format's number
 * bin/                          the warden's program
 * blobs/sha256/HEX              manifests, configurations and layers, as they were received
 * partial/HEX                   a blob that is on its way, or was; partial/HEX.lock is held by who brings it
 * leases/RANDOM                 names blobs that are on their way; held by who brings them
 * images/HEX                    one file for each image, named by its manifest's digest, and one for each index that led to one
 * images/references/REFERENCE   one file for each tag
 * layers/MAPPING/CHAIN          unpacked layers; MAPPING names the map of ids they were written under
 * layers/MAPPING/CHAIN.chain    the whole chain ID a layer's short name stands for
 * layers/MAPPING/CHAIN.accounts users and groups of an image with that top layer
 * layers/MAPPING/scaffold      mount points, below every image's layers
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

    public Path partials() {
        return root.resolve("partial");
    }

    public Path partial(Digest digest) {
        return partials().resolve(digest.hex());
    }

    public Path leases() {
        return root.resolve("leases");
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

    public Path reference(String fileName) {
        return references().resolve(fileName);
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

    /** A byte of it is held exclusively for each pair of SELinux categories in use. */
    public Path categoryLock() {
        return locks().resolve("categories");
    }

    /** Held exclusively while one reference is pulled. */
    public Path pullLock(String reference) {
        Digest name = Digest.of(reference.getBytes(StandardCharsets.UTF_8));
        return locks().resolve("pull-" + layerName(name));
    }

    public Path pins(String sessionId) {
        return sessions().resolve(sessionId).resolve("pins");
    }

    public Path sessions() {
        return root.resolve("sessions");
    }
}
