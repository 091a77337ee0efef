package io.bivouac.engine.store;

import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageReference;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Layouts and archives that a build provides. What they name wins over the store: a layout that was built anew is used at once,
 * though the store still knows an older image by that name. Looking twice costs a few stat(2) calls.
 */
public final class ImageSources {
    /** By which layouts and unpacked archives are known. */
    private static final List<String> INDEXES = List.of("index.json", DockerArchiveReader.MANIFEST);

    private final ImageArchives archives;
    private final List<Path> paths;
    private final Map<ImageReference, Answer> answers = new ConcurrentHashMap<>();

    /**
     * What was found, as long as no source has changed.
     *
     * @param stamp of all sources
     * @param manifest the image's, empty when no source has the name
     */
    private record Answer(List<Stamped> stamp, Optional<Digest> manifest) {}

    /** A source and what its index looked like. */
    private record Stamped(Path source, Optional<FileStamp> stamp) {
        boolean sameAs(Stamped other) {
            return source.equals(other.source)
                    && stamp.isPresent()
                    && other.stamp.isPresent()
                    && stamp.get().sameAs(other.stamp.get());
        }
    }

    /**
     * Watches sources.
     *
     * @param paths layouts, archives, or folders of them, in the order they are asked
     */
    public ImageSources(ImageArchives archives, List<Path> paths) {
        this.archives = archives;
        this.paths = List.copyOf(paths);
    }

    public List<Path> paths() {
        return paths;
    }

    /** The image of this name, loaded if need be; {@code current}, what the store has, when no source names it. */
    public Optional<StoredImage> resolve(ImageReference reference, Optional<StoredImage> current) throws IOException {
        if (paths.isEmpty()) {
            return current;
        }
        List<Stamped> stamp = candidates();
        Answer known = answers.get(reference);
        if (known != null && same(known.stamp, stamp)) {
            boolean holds = known.manifest.isEmpty()
                    || current.map(image -> image.descriptor().digest()).equals(known.manifest);
            if (holds) {
                return current;
            }
        }
        for (Stamped candidate : stamp) {
            Optional<StoredImage> found = archives.find(reference, candidate.source, current);
            if (found.isPresent()) {
                answers.put(
                        reference,
                        new Answer(stamp, found.map(image -> image.descriptor().digest())));
                return found;
            }
        }
        answers.put(reference, new Answer(stamp, Optional.empty()));
        return current;
    }

    /** Whether the last look has found the name in a source. */
    public boolean provides(ImageReference reference) {
        Answer last = answers.get(reference);
        return last != null && last.manifest.isPresent();
    }

    /** Everything that looks like a layout or archive, folders of them one level deep. */
    private List<Stamped> candidates() throws IOException {
        List<Stamped> candidates = new ArrayList<>();
        for (Path path : paths) {
            Optional<Stamped> direct = stamp(path);
            if (direct.isPresent()) {
                candidates.add(direct.get());
            } else if (Files.isDirectory(path)) {
                for (Path child : children(path)) {
                    stamp(child).ifPresent(candidates::add);
                }
            } else {
                throw new IOException("bivouac.images names " + path + ", which does not exist");
            }
        }
        return candidates;
    }

    private static List<Path> children(Path folder) throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            return children.sorted().toList();
        }
    }

    /** A layout or archive by the file that changes when its images do; empty when it is neither. */
    private static Optional<Stamped> stamp(Path path) throws IOException {
        String name = String.valueOf(path.getFileName());
        boolean archive = name.endsWith(".tar") || name.endsWith(".tar.gz") || name.endsWith(".tgz");
        if (archive && Files.isRegularFile(path)) {
            return Optional.of(new Stamped(path, FileStamp.of(path)));
        }
        for (String index : INDEXES) {
            Optional<FileStamp> stamp = look(path.resolve(index));
            if (stamp.isPresent() && stamp.get().isFile()) {
                return Optional.of(new Stamped(path, stamp));
            }
        }
        return Optional.empty();
    }

    private static Optional<FileStamp> look(Path index) throws IOException {
        try {
            return FileStamp.of(index);
        } catch (FileSystemException e) {
            // In a file instead of a folder, or in one that is not for everybody.
            return Optional.empty();
        }
    }

    private static boolean same(List<Stamped> before, List<Stamped> now) {
        boolean same = before.size() == now.size();
        for (int i = 0; same && i < now.size(); i++) {
            same = before.get(i).sameAs(now.get(i));
        }
        return same;
    }
}
