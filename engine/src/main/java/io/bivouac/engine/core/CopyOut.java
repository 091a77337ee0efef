package io.bivouac.engine.core;

import io.bivouac.engine.tree.TreeEntry;
import io.bivouac.engine.tree.TreeReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Writes tree records as files of the host. They come from a user space that may be hostile: nothing is ever written through a
 * link, and what would give power to a file of the host (owner, setuid, devices) is left out.
 */
final class CopyOut {
    private static final int BLOCK = 128 << 10;

    private CopyOut() {}

    static void copy(TreeReader records, Path target) throws IOException {
        for (Optional<TreeEntry> record = records.next(); record.isPresent(); record = records.next()) {
            write(record.get(), records, target);
        }
    }

    private static void write(TreeEntry entry, TreeReader records, Path target) throws IOException {
        Path path = entry.path().length == 0 ? target : child(target, entry);
        switch (entry.type()) {
            case FILE -> writeFile(entry, records.content(), path);
            case FOLDER -> {
                if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) || entry.path().length == 0) {
                    Files.createDirectories(path);
                }
            }
            case SYMLINK -> {
                Files.deleteIfExists(path);
                Files.createSymbolicLink(path, resolve(Path.of(""), entry.targetText()));
            }
            case HARD_LINK -> {
                Path first = resolve(target, entry.targetText()).normalize();
                requireBeneath(first, target, entry);
                Files.copy(first, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
            }
            default -> {
                // Devices and pipes mean nothing outside of the container.
            }
        }
    }

    /** The name as this JVM writes names of files, which is not UTF-8 everywhere. */
    private static Path resolve(Path target, String name) throws IOException {
        try {
            return target.resolve(name);
        } catch (InvalidPathException e) {
            throw new IOException(
                    "this JVM cannot write the name " + name + ": run it with a UTF-8 locale, such as LC_ALL=C.UTF-8",
                    e);
        }
    }

    private static Path child(Path target, TreeEntry entry) throws IOException {
        Path path = resolve(target, entry.pathText()).normalize();
        requireBeneath(path, target, entry);
        for (Path parent = path.getParent();
                parent != null && !parent.equals(target.normalize());
                parent = parent.getParent()) {
            if (Files.isSymbolicLink(parent)) {
                throw new IOException(entry.pathText() + " lies behind a link");
            }
        }
        return path;
    }

    private static void requireBeneath(Path path, Path target, TreeEntry entry) throws IOException {
        if (!path.startsWith(target.normalize()) || path.equals(target.normalize())) {
            throw new IOException(entry.pathText() + " leads out of the target");
        }
    }

    private static void writeFile(TreeEntry entry, InputStream content, Path path) throws IOException {
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        if (Files.isSymbolicLink(path)) {
            Files.delete(path);
        }
        try (var out = Files.newOutputStream(
                path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            byte[] block = new byte[BLOCK];
            for (int count; (count = content.read(block)) >= 0; ) {
                out.write(block, 0, count);
            }
        }
        Files.setPosixFilePermissions(path, permissions(entry.mode()));
        Files.setLastModifiedTime(path, FileTime.from(entry.modified()));
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] all = PosixFilePermission.values();
        for (int i = 0; i < all.length; i++) {
            if ((mode & 0400 >> i) != 0) {
                permissions.add(all[i]);
            }
        }
        // Its owner here is another than in the container, and must be able to read what was copied.
        permissions.add(PosixFilePermission.OWNER_READ);
        return permissions;
    }
}
