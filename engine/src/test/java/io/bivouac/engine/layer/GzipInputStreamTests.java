package io.bivouac.engine.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class GzipInputStreamTests {
    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        return out.toByteArray();
    }

    private static byte[] gzip(String text) throws IOException {
        return gzip(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] read(byte[] compressed) throws IOException {
        return new GzipInputStream(new ByteArrayInputStream(compressed)).readAllBytes();
    }

    /** One byte at a time, and never anything available. */
    private static InputStream trickle(byte[] bytes) {
        return new FilterInputStream(new ByteArrayInputStream(bytes)) {
            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                return super.read(buffer, offset, Math.min(length, 1));
            }

            @Override
            public int available() {
                return 0;
            }
        };
    }

    @Test
    void everyMemberIsReadAndZerosBehindTheLast() throws Exception {
        byte[] random = new byte[300_000];
        new Random(1).nextBytes(random);
        byte[] members = join(gzip("one"), gzip(""), gzip(random), gzip("last"), new byte[1000]);

        byte[] expected =
                join("one".getBytes(StandardCharsets.US_ASCII), random, "last".getBytes(StandardCharsets.US_ASCII));
        assertThat(read(members)).isEqualTo(expected);
        assertThat(new GzipInputStream(trickle(members)).readAllBytes()).isEqualTo(expected);
    }

    @Test
    void everyFieldOfAHeaderIsSkipped() throws Exception {
        byte[] plain = gzip("content");
        byte[] fields = {4, 0, 1, 2, 3, 4, 'n', 0, 'c', 0, 9, 9};
        byte[] header = Arrays.copyOf(plain, 10);
        header[3] = 2 | 4 | 8 | 16;

        assertThat(read(join(header, fields, Arrays.copyOfRange(plain, 10, plain.length))))
                .asString()
                .isEqualTo("content");
    }

    @Test
    void damageIsSaid() throws Exception {
        byte[] whole = gzip("some content that is long enough");
        byte[] checksum = whole.clone();
        checksum[whole.length - 8] ^= 1;
        byte[] body = whole.clone();
        body[10] = (byte) 0xff;

        assertThatThrownBy(() -> read(Arrays.copyOf(whole, whole.length - 9)))
                .hasMessage("the compressed layer ends too early");
        assertThatThrownBy(() -> read(Arrays.copyOf(whole, whole.length - 2)))
                .hasMessage("the compressed layer ends too early");
        assertThatThrownBy(() -> read(checksum)).hasMessage("the compressed layer is damaged: its checksum is wrong");
        assertThatThrownBy(() -> read(body)).hasMessageStartingWith("the compressed layer is damaged: ");
        assertThatThrownBy(() -> read(join(whole, new byte[] {'x', 'y', 'z'})))
                .hasMessage("the compressed layer is damaged: what follows a member is none");
    }
}
