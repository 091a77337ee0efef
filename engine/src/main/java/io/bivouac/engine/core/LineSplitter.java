package io.bivouac.engine.core;

import io.bivouac.engine.LogLine;
import io.bivouac.engine.LogSource;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;

/** Puts pieces of output together into lines, each stream by itself. Not safe for use by several threads. */
final class LineSplitter {
    /** A longer line is delivered in parts: output without line ends must not fill the memory. */
    private static final int LINE_LIMIT = 256 << 10;

    private final Consumer<LogLine> consumer;
    private final Map<LogSource, ByteArrayOutputStream> partial = new EnumMap<>(LogSource.class);
    private Instant lastTime = Instant.EPOCH;

    LineSplitter(Consumer<LogLine> consumer) {
        this.consumer = consumer;
        for (LogSource source : LogSource.values()) {
            partial.put(source, new ByteArrayOutputStream());
        }
    }

    void accept(Instant time, LogSource source, byte[] bytes) {
        lastTime = time;
        ByteArrayOutputStream line = partial.computeIfAbsent(source, key -> new ByteArrayOutputStream());
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                line.write(bytes, start, i - start);
                deliver(time, source, line);
                start = i + 1;
            }
        }
        line.write(bytes, start, bytes.length - start);
        if (line.size() >= LINE_LIMIT) {
            deliver(time, source, line);
        }
    }

    /** Delivers lines that have no end, once nothing can follow. */
    void finish() {
        partial.forEach((source, line) -> {
            if (line.size() > 0) {
                deliver(lastTime, source, line);
            }
        });
    }

    private void deliver(Instant time, LogSource source, ByteArrayOutputStream line) {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        consumer.accept(new LogLine(time, source, text.endsWith("\r") ? text.substring(0, text.length() - 1) : text));
    }
}
