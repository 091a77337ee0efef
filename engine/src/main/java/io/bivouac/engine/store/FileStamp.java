package io.bivouac.engine.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;

/** Tells by one stat(2) whether a file is still the one it was: every change of a store's file gives it another inode. */
final class FileStamp {
    private final Object key;
    private final long modified;
    private final long size;
    private final boolean file;

    private FileStamp(BasicFileAttributes attributes) {
        this.key = Objects.requireNonNull(attributes.fileKey());
        this.modified = attributes.lastModifiedTime().toMillis();
        this.size = attributes.size();
        this.file = attributes.isRegularFile();
    }

    /** Empty when there is no such file. */
    static Optional<FileStamp> of(Path file) throws IOException {
        try {
            return Optional.of(new FileStamp(Files.readAttributes(file, BasicFileAttributes.class)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Whether it is a regular file. */
    boolean isFile() {
        return file;
    }

    boolean sameAs(FileStamp other) {
        return key.equals(other.key) && modified == other.modified && size == other.size;
    }
}
