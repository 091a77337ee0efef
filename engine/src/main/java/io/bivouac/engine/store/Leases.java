package io.bivouac.engine.store;

import io.bivouac.engine.io.RandomNames;
import io.bivouac.engine.oci.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Blobs that are on their way and that no image names yet. A pull may take minutes: nobody who removes what is not needed should
 * wait for it, nor take away what it has brought. A lease is a file that its holder keeps locked; the kernel takes the lock back
 * when the process ends, however it ends.
 */
final class Leases {
    private static final int NAME_BYTES = 8;

    /** Those of this process: its locks are not seen by itself, and opening their files would release them. */
    private static final Map<Path, Lease> OWN = new ConcurrentHashMap<>();

    private final StoreLayout layout;

    Leases(StoreLayout layout) {
        this.layout = layout;
    }

    /** A lease that is held. */
    record Lease(Path file, FileChannel channel, Set<String> blobs) {
        void giveBack() throws IOException {
            OWN.remove(file);
            Files.deleteIfExists(file);
            channel.close();
        }
    }

    /** Takes a lease; call it while nobody can be collecting. */
    Lease take(Collection<Digest> digests) throws IOException {
        Set<String> blobs = digests.stream().map(Digest::hex).collect(Collectors.toUnmodifiableSet());
        Files.createDirectories(layout.leases());
        Path file = layout.leases().resolve(RandomNames.hex(NAME_BYTES)).toAbsolutePath();
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        Lease lease = new Lease(file, channel, blobs);
        OWN.put(file, lease);
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw new IOException("the new file " + file + " is locked by somebody else");
            }
            ByteBuffer content = StandardCharsets.US_ASCII.encode(String.join("\n", blobs));
            while (content.hasRemaining()) {
                channel.write(content);
            }
            return lease;
        } catch (IOException | RuntimeException e) {
            lease.giveBack();
            throw e;
        }
    }

    /** The blobs under lease, by the digits of their digests. Removes leases of the dead; call it while nobody can take one. */
    Set<String> live() throws IOException {
        Set<String> blobs = new HashSet<>();
        for (Path file : files()) {
            Lease own = OWN.get(file);
            if (own != null) {
                blobs.addAll(own.blobs);
            } else {
                blobs.addAll(readOrRemove(file));
            }
        }
        return blobs;
    }

    private static List<String> readOrRemove(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            if (channel.tryLock() == null) {
                return Files.readAllLines(file, StandardCharsets.US_ASCII);
            }
            Files.deleteIfExists(file);
        } catch (NoSuchFileException e) {
            // Given back meanwhile.
        }
        return List.of();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(layout.leases().toAbsolutePath())) {
            return files.toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }
}
