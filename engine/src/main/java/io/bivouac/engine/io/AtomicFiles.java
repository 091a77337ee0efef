package io.bivouac.engine.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Files that appear whole or not at all: written aside in the folder of their target, forced to disk, renamed. After a kill or
 * a power cut the target is the old one or the new one; what is left aside has a name that starts with {@value #ASIDE}.
 */
public final class AtomicFiles {
    /** Prefix of names written aside. */
    public static final String ASIDE = ".new-";

    private static final int RANDOM_BYTES = 8;

    private AtomicFiles() {}

    /** Writes content. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** Replaces or makes the file. Losing a race against another writer is success: one of the two contents is there. */
    public static void write(Path target, byte[] content) throws IOException {
        write(target, out -> out.write(content));
    }

    public static void write(Path target, Content content) throws IOException {
        write(target, content, AtomicFiles::commit);
    }

    /** The same without waiting for the disk: for what nobody needs after a power cut. */
    public static void writeVolatile(Path target, byte[] content) throws IOException {
        write(target, out -> out.write(content), AtomicFiles::rename);
    }

    /** Gives a file written aside its name. */
    @FunctionalInterface
    private interface Naming {
        void name(Path aside, Path target) throws IOException;
    }

    private static void write(Path target, Content content, Naming naming) throws IOException {
        Path aside = aside(target);
        try {
            try (OutputStream out =
                    Files.newOutputStream(aside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(out);
            }
            naming.name(aside, target);
        } finally {
            Files.deleteIfExists(aside);
        }
    }

    /** A name aside of the target that nobody else uses. */
    public static Path aside(Path target) {
        return target.resolveSibling(ASIDE + RandomNames.hex(RANDOM_BYTES));
    }

    /** Forces a file written aside to disk and gives it its name. */
    public static void commit(Path aside, Path target) throws IOException {
        force(aside);
        rename(aside, target);
        forceParent(target);
    }

    /** Gives a folder written aside its name; false when the name was taken meanwhile, which is success for content that is
     * the same by its name. */
    public static boolean commitFolder(Path aside, Path target) throws IOException {
        try {
            Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
            forceParent(target);
            return true;
        } catch (FileAlreadyExistsException | java.nio.file.DirectoryNotEmptyException e) {
            return false;
        } catch (java.nio.file.FileSystemException e) {
            if (Files.isDirectory(target)) {
                return false;
            }
            throw e;
        }
    }

    private static void forceParent(Path path) throws IOException {
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
            force(parent);
        }
    }

    private static void rename(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("The file system of " + to + " cannot rename atomically", e);
        }
    }

    /** Forces a file, or a folder's list of names, to disk. */
    public static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            if (!Files.isDirectory(path)) {
                throw e;
            }
            // Some file systems refuse to sync folders; the rename itself is then as durable as they make it.
        }
    }

    /** Makes a folder and its parents, readable by its owner only. */
    public static void makePrivateFolder(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        Path parent = folder.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        try {
            Files.createDirectory(
                    folder,
                    java.nio.file.attribute.PosixFilePermissions.asFileAttribute(
                            java.nio.file.attribute.PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
        }
    }
}
