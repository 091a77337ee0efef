package io.bivouac.engine.core;

import io.bivouac.engine.tree.EntryType;
import io.bivouac.engine.tree.TreeEntry;
import io.bivouac.engine.tree.TreeWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.Set;
import java.util.stream.Stream;

/** Reads files of the host as tree records. Everything belongs to root: users of the host mean nothing in a container. */
final class CopyIn {
    private CopyIn() {}

    /** A file under its own name, or what a folder holds. A link that was named is followed, links within are kept. */
    static void copy(Path source, TreeWriter out) throws IOException {
        PosixFileAttributes attributes = Files.readAttributes(source, PosixFileAttributes.class);
        if (attributes.isDirectory()) {
            copyChildren(source, "", out);
        } else {
            copyFile(source, name(source), attributes, out);
        }
        out.end();
    }

    static String name(Path source) {
        Path name = source.toAbsolutePath().normalize().getFileName();
        return name == null ? "root" : name.toString();
    }

    static void copy(byte[] content, String name, int mode, TreeWriter out) throws IOException {
        Instant now = Instant.now();
        TreeEntry entry = TreeEntry.of(EntryType.FILE, name)
                .mode(mode)
                .modified(now.getEpochSecond(), now.getNano())
                .size(content.length)
                .build();
        out.write(entry, new ByteArrayInputStream(content));
        out.end();
    }

    private static void copyChildren(Path folder, String prefix, TreeWriter out) throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            for (Path child : children.sorted().toList()) {
                copyAny(child, prefix + child.getFileName(), out);
            }
        }
    }

    private static void copyAny(Path source, String path, TreeWriter out) throws IOException {
        PosixFileAttributes attributes =
                Files.readAttributes(source, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (attributes.isDirectory()) {
            out.write(entry(EntryType.FOLDER, path, attributes).build());
            copyChildren(source, path + "/", out);
        } else if (attributes.isSymbolicLink()) {
            byte[] target = Files.readSymbolicLink(source).toString().getBytes(StandardCharsets.UTF_8);
            out.write(entry(EntryType.SYMLINK, path, attributes).target(target).build());
        } else if (attributes.isRegularFile()) {
            copyFile(source, path, attributes, out);
        }
        // Sockets, pipes and devices of the host are nothing to copy.
    }

    private static void copyFile(Path source, String path, PosixFileAttributes attributes, TreeWriter out)
            throws IOException {
        try (InputStream content = Files.newInputStream(source)) {
            out.write(
                    entry(EntryType.FILE, path, attributes)
                            .size(attributes.size())
                            .build(),
                    content);
        }
    }

    private static TreeEntry.Builder entry(EntryType type, String path, PosixFileAttributes attributes) {
        Instant modified = attributes.lastModifiedTime().toInstant();
        return TreeEntry.of(type, path)
                .mode(mode(attributes.permissions()))
                .modified(modified.getEpochSecond(), modified.getNano());
    }

    private static int mode(Set<PosixFilePermission> permissions) {
        int mode = 0;
        for (PosixFilePermission permission : PosixFilePermission.values()) {
            mode = mode << 1 | (permissions.contains(permission) ? 1 : 0);
        }
        return mode;
    }
}
