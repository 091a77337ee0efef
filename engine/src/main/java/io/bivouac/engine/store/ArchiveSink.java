package io.bivouac.engine.store;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Takes the files of a layout, one after the other: into a folder, or as a tar, gzipped or not. */
interface ArchiveSink extends Closeable {
    void put(String name, long size, InputStream content) throws IOException;

    /** Of a folder, an archive, or a gzipped one, as the name of the target says. */
    static ArchiveSink of(Path draft, Path target) throws IOException {
        return switch (Form.of(target)) {
            case FOLDER -> new Folder(draft);
            case TAR -> new Tar(Files.newOutputStream(draft));
            case GZIPPED_TAR -> new Tar(new GZIPOutputStream(Files.newOutputStream(draft)));
        };
    }

    /** What a target is to be. */
    enum Form {
        FOLDER,
        TAR,
        GZIPPED_TAR;

        static Form of(Path target) {
            String name = String.valueOf(target.getFileName());
            if (name.endsWith(".tar")) {
                return TAR;
            }
            return name.endsWith(".tar.gz") || name.endsWith(".tgz") ? GZIPPED_TAR : FOLDER;
        }
    }

    /** A folder. */
    record Folder(Path folder) implements ArchiveSink {
        @Override
        public void put(String name, long size, InputStream content) throws IOException {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.copy(content, file);
        }

        @Override
        public void close() {}
    }

    /** A tar. Folders come before what is in them: some readers want that. */
    final class Tar implements ArchiveSink {
        private static final int BUFFER = 128 << 10;
        private static final int FOLDER_MODE = 040755;

        private final TarArchiveOutputStream tar;
        private final Set<String> folders = new HashSet<>();

        Tar(OutputStream out) {
            tar = new TarArchiveOutputStream(new BufferedOutputStream(out, BUFFER), StandardCharsets.UTF_8.name());
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
        }

        @Override
        public void put(String name, long size, InputStream content) throws IOException {
            for (int slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
                String folder = name.substring(0, slash + 1);
                if (folders.add(folder)) {
                    TarArchiveEntry entry = new TarArchiveEntry(folder);
                    entry.setMode(FOLDER_MODE);
                    put(entry, 0, InputStream.nullInputStream());
                }
            }
            put(new TarArchiveEntry(name), size, content);
        }

        private void put(TarArchiveEntry entry, long size, InputStream content) throws IOException {
            entry.setSize(size);
            entry.setModTime(0L);
            tar.putArchiveEntry(entry);
            content.transferTo(tar);
            tar.closeArchiveEntry();
        }

        @Override
        public void close() throws IOException {
            tar.close();
        }
    }
}
