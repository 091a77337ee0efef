package io.bivouac.engine.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;

/** The files of a layout or archive by name, whether it is a folder or one tar. */
interface ArchiveSource extends AutoCloseable {
    /** The content of a regular file; empty when there is none by that name. */
    Optional<InputStream> open(String name) throws IOException;

    @Override
    void close() throws IOException;

    default Optional<byte[]> read(String name, int limit) throws IOException {
        Optional<InputStream> content = open(name);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        try (InputStream in = content.get()) {
            byte[] bytes = in.readNBytes(limit + 1);
            if (bytes.length > limit) {
                throw new IOException(name + " is larger than the limit of " + limit + " bytes");
            }
            return Optional.of(bytes);
        }
    }

    static ArchiveSource of(Path path) throws IOException {
        return Files.isDirectory(path) ? new Folder(path) : new Tar(path);
    }

    /** A folder. Names come from documents in it, so they must not lead out. */
    record Folder(Path folder) implements ArchiveSource {
        @Override
        public Optional<InputStream> open(String name) throws IOException {
            Path file = folder.resolve(name).normalize();
            if (!file.startsWith(folder.normalize())) {
                throw new IOException("the name " + name + " leads out of the layout");
            }
            return Files.isRegularFile(file) ? Optional.of(Files.newInputStream(file)) : Optional.empty();
        }

        @Override
        public void close() {}
    }

    /** An uncompressed tar with random access. Older archives of Docker name a layer that images share by links. */
    final class Tar implements ArchiveSource {
        private static final int LINK_LIMIT = 8;

        private final TarFile tar;
        private final Map<String, TarArchiveEntry> entries = new HashMap<>();

        Tar(Path file) throws IOException {
            tar = new TarFile(file);
            for (TarArchiveEntry entry : tar.getEntries()) {
                boolean link = entry.isSymbolicLink() || entry.isLink();
                if (link || entry.isFile()) {
                    entries.put(plain(entry.getName()), entry);
                }
            }
        }

        private static String plain(String name) {
            return name.startsWith("./") ? name.substring(2) : name;
        }

        @Override
        public Optional<InputStream> open(String name) throws IOException {
            String place = name;
            for (int links = 0; links < LINK_LIMIT; links++) {
                TarArchiveEntry entry = entries.get(place);
                if (entry == null) {
                    return Optional.empty();
                }
                if (entry.isSymbolicLink()) {
                    place = Path.of(place)
                            .resolveSibling(entry.getLinkName())
                            .normalize()
                            .toString();
                } else if (entry.isLink()) {
                    place = plain(entry.getLinkName());
                } else {
                    return Optional.of(tar.getInputStream(entry));
                }
            }
            throw new IOException("links lead nowhere from " + name);
        }

        @Override
        public void close() throws IOException {
            tar.close();
        }
    }
}
