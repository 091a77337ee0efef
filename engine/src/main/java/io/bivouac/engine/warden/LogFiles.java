package io.bivouac.engine.warden;

import io.bivouac.engine.LogSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A container's output on disk, as its monitor writes it: segments named by the offset of their first byte, the oldest dropped
 * when the limit is reached. The format is that of {@code logs.h}.
 */
public final class LogFiles {
    private static final int HEADER = 16;
    private static final int LARGEST_RECORD = 64 << 10;

    private final Path folder;

    public LogFiles(Path folder) {
        this.folder = folder;
    }

    /** Receives one piece of output, as it was read from the container. */
    @FunctionalInterface
    public interface Consumer {
        void accept(Instant time, LogSource source, byte[] bytes);
    }

    /** The offset of the oldest record that is left. */
    public long start() throws IOException {
        NavigableMap<Long, Path> segments = segments();
        return segments.isEmpty() ? 0 : segments.firstKey();
    }

    /**
     * Passes on the records from one offset to another. What was dropped meanwhile is skipped.
     *
     * @return the offset to go on from
     */
    public long read(long from, long to, Consumer consumer) throws IOException {
        long at = from;
        while (at < to) {
            NavigableMap<Long, Path> segments = segments();
            Long start = segments.floorKey(at);
            if (start == null) {
                start = segments.ceilingKey(at);
                if (start == null) {
                    return to;
                }
                at = start;
            }
            Long next = segments.higherKey(start);
            long end = next == null ? to : Math.min(next, to);
            long reached = readSegment(segments.get(start), start, at, end, consumer);
            if (reached == at && next == null) {
                return at;
            }
            at = reached < end && next != null ? next : reached;
        }
        return at;
    }

    private NavigableMap<Long, Path> segments() throws IOException {
        NavigableMap<Long, Path> segments = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(file -> segments.put(Long.valueOf(file.getFileName().toString()), file));
        } catch (NoSuchFileException e) {
            // There was no output yet.
        }
        return segments;
    }

    private static long readSegment(
            @org.jspecify.annotations.Nullable Path file, long start, long from, long to, Consumer consumer)
            throws IOException {
        long at = from;
        if (file == null) {
            return at;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer buffer = ByteBuffer.allocate(HEADER + LARGEST_RECORD)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .limit(0);
            channel.position(at - start);
            while (at < to) {
                if (!fill(channel, buffer, HEADER)) {
                    return at;
                }
                int length = buffer.getInt(buffer.position() + 12);
                if (length < 0 || length > LARGEST_RECORD || !fill(channel, buffer, HEADER + length)) {
                    return at;
                }
                long nanos = buffer.getLong();
                LogSource source = buffer.get() == 1 ? LogSource.STDOUT : LogSource.STDERR;
                byte[] bytes = new byte[length];
                buffer.position(buffer.position() + 7).get(bytes);
                consumer.accept(Instant.ofEpochSecond(nanos / 1_000_000_000, nanos % 1_000_000_000), source, bytes);
                at += HEADER + length;
            }
        } catch (NoSuchFileException e) {
            // Dropped between the listing and here.
        }
        return at;
    }

    private static boolean fill(FileChannel channel, ByteBuffer buffer, int wanted) throws IOException {
        if (buffer.remaining() >= wanted) {
            return true;
        }
        buffer.compact();
        while (buffer.position() < wanted && channel.read(buffer) > 0) {
            // read() does the work
        }
        buffer.flip();
        return buffer.remaining() >= wanted;
    }
}
