package io.bivouac.engine.tar;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Records of a PAX extended header, {@code "length key=value\n"}, with values as bytes: names of files and extended attributes
 * need not be text.
 *
 * @see <a href="https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html">POSIX pax, extended header</a>
 */
final class PaxRecords {
    private PaxRecords() {}

    /** One record; the same key may come again. */
    record PaxRecord(String key, byte[] value) {
        String text() {
            return new String(value, StandardCharsets.ISO_8859_1);
        }
    }

    static List<PaxRecord> parse(byte[] header) throws IOException {
        List<PaxRecord> records = new ArrayList<>();
        int at = 0;
        while (at < header.length && header[at] != 0) {
            int space = indexOf(header, at, ' ');
            int length = parseLength(header, at, space);
            int end = at + length;
            int equals = indexOf(header, space + 1, '=');
            if (end > header.length || equals >= end || header[end - 1] != '\n') {
                throw new IOException("a PAX header is malformed at byte " + at);
            }
            String key = new String(header, space + 1, equals - space - 1, StandardCharsets.UTF_8);
            records.add(new PaxRecord(key, Arrays.copyOfRange(header, equals + 1, end - 1)));
            at = end;
        }
        return records;
    }

    private static int indexOf(byte[] header, int from, char wanted) throws IOException {
        for (int i = from; i < header.length; i++) {
            if (header[i] == wanted) {
                return i;
            }
        }
        throw new IOException("a PAX header is malformed at byte " + from);
    }

    private static int parseLength(byte[] header, int from, int to) throws IOException {
        String text = new String(header, from, Math.min(to - from, 10), StandardCharsets.US_ASCII);
        if (!text.matches("[1-9]\\d{0,8}") || Integer.parseInt(text) <= text.length() + 2) {
            throw new IOException("a PAX header is malformed at byte " + from);
        }
        return Integer.parseInt(text);
    }

    static byte[] format(Map<String, byte[]> records) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        records.forEach((key, value) -> {
            byte[] name = key.getBytes(StandardCharsets.UTF_8);
            // The length counts its own digits.
            int rest = name.length + value.length + 3;
            int length = rest + Integer.toString(rest).length();
            if (Integer.toString(length).length() + rest != length) {
                length++;
            }
            out.writeBytes((length + " ").getBytes(StandardCharsets.US_ASCII));
            out.writeBytes(name);
            out.write('=');
            out.writeBytes(value);
            out.write('\n');
        });
        return out.toByteArray();
    }
}
