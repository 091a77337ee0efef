package io.bivouac.engine.warden;

import java.nio.file.Path;

/**
 * A tree to be read or written.
 *
 * @param container whether {@code root} is a container's id, else an absolute path on the host
 * @param path to start at beneath the root, absolute
 * @param name the file's own, for {@link #INTO_FOLDER}
 * @param flags the constants of this class
 * @param layers folder within the store's layers, empty when nothing lies below
 * @param below overlay options of what lies below, or the name of a single layer
 * @param output an absolute path of a record file to be made, empty for a stream
 * @param label write: SELinux's context of the root, which everything made in it takes on; empty for none
 */
public record TreePlan(
        boolean container,
        String root,
        String path,
        String name,
        int flags,
        String layers,
        String below,
        String output,
        String label) {
    /** Read: send file contents. */
    public static final int CONTENT = 1;
    /** Read: enter folders. */
    public static final int RECURSE = 2;
    /** Read: the root is an upper directory; compare with what lies below. */
    public static final int UPPER = 4;
    /** Write: folders that exist keep their attributes. */
    public static final int KEEP_FOLDERS = 16;
    /** Write: a path that is a folder receives the file under its own name. */
    public static final int INTO_FOLDER = 32;
    /** Overlay marks are {@code user.overlay.*}. */
    public static final int USER_XATTRS = 64;

    /** What a container sees, or its file system once it has ended. */
    public static TreePlan ofContainer(String id, String path, int flags) {
        return new TreePlan(true, id, path, "", flags, "", "", "", "");
    }

    /** A folder of the host. */
    public static TreePlan ofFolder(Path folder, int flags) {
        return new TreePlan(false, folder.toString(), "/", "", flags, "", "", "", "");
    }

    /** Starts at another path beneath the root. */
    public TreePlan withPath(String start) {
        return new TreePlan(container, root, start, name, flags, layers, below, output, label);
    }

    public TreePlan withName(String fileName) {
        return new TreePlan(container, root, path, fileName, flags | INTO_FOLDER, layers, below, output, label);
    }

    public TreePlan withBelow(String layersFolder, String options) {
        return new TreePlan(container, root, path, name, flags, layersFolder, options, output, label);
    }

    public TreePlan withOutput(Path file) {
        return new TreePlan(container, root, path, name, flags, layers, below, file.toString(), label);
    }

    public TreePlan withLabel(String context) {
        return new TreePlan(container, root, path, name, flags, layers, below, output, context);
    }
}
