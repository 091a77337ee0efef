package io.bivouac.engine.tar;

import io.bivouac.engine.tar.PaxRecords.PaxRecord;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What headers in front of an entry say of it. Of two that say the same, the later one holds. */
final class Extensions {
    static final String XATTR = "SCHILY.xattr.";

    private static final String SPARSE_OFFSET = "GNU.sparse.offset";
    private static final String SPARSE_LENGTH = "GNU.sparse.numbytes";
    private static final int NUMBER_DIGITS = 20;
    private static final int TIME_DIGITS = 64;
    private static final BigDecimal LONG_LIMIT = BigDecimal.valueOf(Long.MAX_VALUE);

    private final Map<String, PaxRecord> records = new HashMap<>();
    private final Map<String, byte[]> attributes = new TreeMap<>();
    private final List<Long> segments = new ArrayList<>();

    void addPax(byte[] header) throws IOException {
        for (PaxRecord entry : PaxRecords.parse(header)) {
            if (entry.key().startsWith(XATTR)) {
                attributes.put(entry.key().substring(XATTR.length()), entry.value());
            } else if (entry.key().equals(SPARSE_OFFSET) || entry.key().equals(SPARSE_LENGTH)) {
                segments.add(number(entry));
            } else {
                records.put(entry.key(), entry);
            }
        }
    }

    /** GNU's long names: the content of an entry of their own, ended by a NUL. */
    void addName(String key, byte[] content) {
        int end = 0;
        while (end < content.length && content[end] != 0) {
            end++;
        }
        records.put(key, new PaxRecord(key, Arrays.copyOf(content, end)));
    }

    Map<String, byte[]> attributes() {
        return attributes;
    }

    /** An empty value takes back what was said before. */
    Optional<PaxRecord> find(String key) {
        return Optional.ofNullable(records.get(key)).filter(found -> found.value().length > 0);
    }

    /** The name of a sparse file is kept apart: tools that do not know the form shall not write over the real one. */
    byte[] name(byte[] otherwise) {
        return find("GNU.sparse.name")
                .or(() -> find("path"))
                .map(PaxRecord::value)
                .orElse(otherwise);
    }

    byte[] link(byte[] otherwise) {
        return find("linkpath").map(PaxRecord::value).orElse(otherwise);
    }

    long number(String key, long otherwise) throws IOException {
        Optional<PaxRecord> found = find(key);
        return found.isPresent() ? number(found.get()) : otherwise;
    }

    private static long number(PaxRecord entry) throws IOException {
        String text = entry.value().length > NUMBER_DIGITS ? "" : entry.text();
        try {
            if (text.matches("\\d{1,19}")) {
                return Long.parseLong(text);
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new IOException("the value of " + entry.key() + " in a PAX header is no number that fits");
    }

    /** A decimal fraction, negative before 1970. */
    Optional<BigDecimal> time() throws IOException {
        Optional<PaxRecord> found = find("mtime");
        if (found.isEmpty()) {
            return Optional.empty();
        }
        String text =
                found.get().value().length > TIME_DIGITS ? "" : found.get().text();
        if (!text.matches("-?\\d+(\\.\\d*)?") || new BigDecimal(text).abs().compareTo(LONG_LIMIT) > 0) {
            throw new IOException("the value of mtime in a PAX header is no time");
        }
        return Optional.of(new BigDecimal(text).setScale(9, RoundingMode.FLOOR));
    }

    boolean isSparse() {
        return find("GNU.sparse.size").isPresent()
                || find("GNU.sparse.realsize").isPresent();
    }

    /** Versions 0.0 and 0.1 keep the map here, version 1.0 in front of the data. */
    boolean hasMapInContent() {
        return find("GNU.sparse.major").map(PaxRecord::text).filter("1"::equals).isPresent();
    }

    long realSize(long otherwise) throws IOException {
        return number("GNU.sparse.realsize", number("GNU.sparse.size", otherwise));
    }

    /** Offsets and lengths by turns. */
    List<Long> segments() throws IOException {
        Optional<PaxRecord> map = find("GNU.sparse.map");
        if (map.isEmpty()) {
            return segments;
        }
        List<Long> numbers = new ArrayList<>();
        for (String number : map.get().text().split(",", -1)) {
            numbers.add(number(new PaxRecord("GNU.sparse.map", number.getBytes(StandardCharsets.ISO_8859_1))));
        }
        return numbers;
    }
}
