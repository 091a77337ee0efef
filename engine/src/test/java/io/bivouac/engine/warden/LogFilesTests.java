package io.bivouac.engine.warden;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.LogSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFilesTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private static byte[] entry(int source, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer buffer = ByteBuffer.allocate(16 + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(1_500_000_000L)
                .put((byte) source)
                .put(new byte[3])
                .putInt(bytes.length)
                .put(bytes);
        return buffer.array();
    }

    private void append(long start, byte[] bytes) throws IOException {
        Files.write(
                folder.resolve(String.format("%020d", start)),
                bytes,
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    private List<String> read(long from, long to) throws IOException {
        List<String> pieces = new ArrayList<>();
        new LogFiles(folder)
                .read(
                        from,
                        to,
                        (time, source, bytes) -> pieces.add((source == LogSource.STDOUT ? "out " : "err ")
                                + new String(bytes, StandardCharsets.UTF_8) + " "
                                + Instant.EPOCH.until(time, java.time.temporal.ChronoUnit.MILLIS)));
        return pieces;
    }

    @Test
    void recordsAreReadWithSourceAndTime() throws Exception {
        append(0, entry(1, "a"));
        append(0, entry(2, "bb"));

        assertThat(read(0, 35)).containsExactly("out a 1500", "err bb 1500");
        assertThat(read(17, 35)).containsExactly("err bb 1500");
    }

    @Test
    void readingGoesOnIntoTheNextSegment() throws Exception {
        append(0, entry(1, "a"));
        append(17, entry(1, "b"));
        append(34, entry(1, "c"));

        assertThat(read(0, 51)).containsExactly("out a 1500", "out b 1500", "out c 1500");
    }

    @Test
    void droppedSegmentsAreSkipped() throws Exception {
        append(1700, entry(1, "late"));

        assertThat(read(0, 1720)).containsExactly("out late 1500");
        assertThat(new LogFiles(folder).start()).isEqualTo(1700);
    }

    @Test
    void recordThatIsNotWholeIsLeftForLater() throws Exception {
        append(0, entry(1, "whole"));
        byte[] half = entry(1, "half");
        append(0, java.util.Arrays.copyOf(half, half.length - 2));

        assertThat(read(0, 41)).containsExactly("out whole 1500");
        assertThat(new LogFiles(folder).read(21, 41, (time, source, bytes) -> {}))
                .isEqualTo(21);
    }

    @Test
    void nonsenseEndsReading() throws Exception {
        append(0, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0, 0, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff});

        assertThat(read(0, 16)).isEmpty();
        assertThat(read(0, 0)).isEmpty();
    }
}
