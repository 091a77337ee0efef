package io.bivouac.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.LogLine;
import io.bivouac.engine.LogSource;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineSplitterTests {
    private final List<LogLine> lines = new ArrayList<>();
    private final LineSplitter splitter = new LineSplitter(lines::add);

    private void feed(LogSource source, byte[] bytes) {
        splitter.accept(Instant.EPOCH, source, bytes);
    }

    private void feed(LogSource source, String text) {
        feed(source, text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void piecesBecomeLinesOfTheirOwnStream() {
        feed(LogSource.STDOUT, "one\ntw");
        feed(LogSource.STDERR, "err\r\n");
        feed(LogSource.STDOUT, "o\n\n");

        assertThat(lines).extracting(LogLine::text).containsExactly("one", "err", "two", "");
    }

    @Test
    void charactersThatWereCutAreWholeAgain() {
        byte[] text = "ä€😀\n".getBytes(StandardCharsets.UTF_8);
        for (byte one : text) {
            feed(LogSource.STDOUT, new byte[] {one});
        }

        assertThat(lines).extracting(LogLine::text).containsExactly("ä€😀");
    }

    @Test
    void lastLineNeedsNoEnd() {
        feed(LogSource.STDOUT, "tail");
        assertThat(lines).isEmpty();

        splitter.finish();
        assertThat(lines).extracting(LogLine::text).containsExactly("tail");
    }

    @Test
    void endlessLineIsDeliveredInParts() {
        byte[] block = new byte[100_000];
        Arrays.fill(block, (byte) 'x');
        for (int i = 0; i < 10; i++) {
            feed(LogSource.STDOUT, block);
        }

        assertThat(lines).hasSizeGreaterThanOrEqualTo(3);
        assertThat(lines).allSatisfy(line -> assertThat(line.text().length()).isLessThan(400_000));
    }
}
