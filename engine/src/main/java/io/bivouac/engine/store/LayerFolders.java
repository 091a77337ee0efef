package io.bivouac.engine.store;

import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.io.FileLocks;
import io.bivouac.engine.oci.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Unpacked layers of one id map. A layer is named by its chain ID, not by its diff ID: what it holds when unpacked depends on
 * what lies below (attributes of folders its archive does not name, links to files of lower layers).
 */
public final class LayerFolders {
    /** The name, in the folder of layers, of the one that lies below all others. */
    public static final String SCAFFOLD = "scaffold";

    static final String CHAIN_SUFFIX = ".chain";
    static final String ACCOUNTS_SUFFIX = ".accounts";

    private final StoreLayout layout;
    private final String mapping;
    /** Whose folders were seen to be theirs, and no other's of the same short name. */
    private final Set<Digest> recognized = ConcurrentHashMap.newKeySet();

    /**
     * @param mapping names the map of ids
     */
    public LayerFolders(StoreLayout layout, String mapping) {
        this.layout = layout;
        this.mapping = mapping;
    }

    public String mapping() {
        return mapping;
    }

    public Path folder() {
        return layout.layers(mapping);
    }

    public Path layer(Digest chainId) {
        return folder().resolve(StoreLayout.layerName(chainId));
    }

    public Path scaffold() {
        return folder().resolve(SCAFFOLD);
    }

    /** Whether the layer is there, whole. */
    public boolean has(Digest chainId) throws IOException {
        Path layer = layer(chainId);
        if (!Files.isDirectory(layer)) {
            return false;
        }
        if (recognized.contains(chainId)) {
            return true;
        }
        String known =
                Files.readString(chainFile(chainId), StandardCharsets.US_ASCII).strip();
        if (!known.equals(chainId.hex())) {
            throw new IOException("the layers " + known + " and " + chainId.hex() + " share the short name "
                    + layer.getFileName() + ": remove one of their images");
        }
        recognized.add(chainId);
        return true;
    }

    private Path chainFile(Digest chainId) {
        return folder().resolve(StoreLayout.layerName(chainId) + CHAIN_SUFFIX);
    }

    /** Where the users and groups of an image with this top layer are remembered. */
    public Path accountsFile(Digest chainId) {
        return folder().resolve(StoreLayout.layerName(chainId) + ACCOUNTS_SUFFIX);
    }

    /** As {@link Store#bringIn}: what is written aside in this folder is not taken for garbage meanwhile. */
    public <T, E extends Exception> T bringIn(FileLocks.Action<T, E> action) throws IOException, E {
        return FileLocks.shared(layout.contentLock(), action);
    }

    /** Excludes others from unpacking the same layer. */
    public <T, E extends Exception> T locked(Digest chainId, FileLocks.Action<T, E> action) throws IOException, E {
        return FileLocks.exclusive(layout.layerLock(mapping, chainId), action);
    }

    /** An empty folder to unpack into. */
    public Path begin(Digest chainId) throws IOException {
        Files.createDirectories(folder());
        Path aside = AtomicFiles.aside(layer(chainId));
        return Files.createDirectory(aside);
    }

    /** Gives an unpacked folder its name. */
    public void commit(Path unpacked, Digest chainId) throws IOException {
        AtomicFiles.write(chainFile(chainId), (chainId.hex() + "\n").getBytes(StandardCharsets.US_ASCII));
        AtomicFiles.commitFolder(unpacked, layer(chainId));
    }
}
