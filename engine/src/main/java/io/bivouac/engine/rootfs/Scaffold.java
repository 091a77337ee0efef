package io.bivouac.engine.rootfs;

import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.store.LayerFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * The lowest layer of every container: empty mount points for what the engine provides. Without it each start would make them
 * in the upper directory, several synchronous changes of the host's file system. An image that has them hides them; where an
 * image has removed them, they are made in the upper directory.
 */
final class Scaffold {
    private static final List<String> MOUNT_POINTS = List.of("dev", "proc", "sys", "etc");

    private final LayerFolders folders;
    private volatile boolean present;

    Scaffold(LayerFolders folders) {
        this.folders = folders;
    }

    /** Its name as a lower directory. It belongs to whoever runs this, who is root inside a session. */
    String layer() throws IOException {
        if (!present) {
            Path target = folders.scaffold();
            if (!Files.isDirectory(target)) {
                folders.bringIn(() -> {
                    make(target);
                    return target;
                });
            }
            present = true;
        }
        return LayerFolders.SCAFFOLD;
    }

    private static void make(Path target) throws IOException {
        Files.createDirectories(target.getParent());
        Path aside = AtomicFiles.aside(target);
        makeFolder(aside);
        for (String folder : MOUNT_POINTS) {
            makeFolder(aside.resolve(folder));
        }
        for (String file : UpperDirectory.PROVIDED) {
            Path empty = Files.createFile(aside.resolve(file));
            Files.setPosixFilePermissions(empty, PosixFilePermissions.fromString("rw-r--r--"));
        }
        AtomicFiles.commitFolder(aside, target);
    }

    /** Whatever this process's umask is. */
    private static void makeFolder(Path folder) throws IOException {
        Files.createDirectory(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
