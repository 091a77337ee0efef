package io.bivouac.engine.layer;

import io.bivouac.engine.tar.TarType;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/**
 * Tells which entries of a layer need nothing of the layers below it: those that lie in folders it describes itself. The others
 * have to wait: a folder between may be a link below, what is removed may not be there, and a hard link may lead there.
 */
final class OwnFolders {
    /** Bounds the memory; a layer with more of them waits. */
    private static final int LIMIT = 50_000;

    private final Set<String> folders = new HashSet<>(Set.of(""));

    /** Whether this entry can be written without them; asked in the order of the archive, up to the first that cannot. */
    boolean suffice(TarType type, byte[] path) {
        String name = text(path);
        if (type == TarType.HARD_LINK || !folders.contains(text(LayerPath.parent(path)))) {
            return false;
        }
        if (type == TarType.FOLDER) {
            return folders.contains(name) || (folders.size() < LIMIT && folders.add(name));
        }
        // In its place would be a link, say.
        return !folders.contains(name);
    }

    /** Whether the folder of this path, not the root, hides what is below it without a look there. */
    boolean has(byte[] path) {
        return path.length > 0 && folders.contains(text(path));
    }

    private static String text(byte[] path) {
        return new String(path, StandardCharsets.ISO_8859_1);
    }
}
