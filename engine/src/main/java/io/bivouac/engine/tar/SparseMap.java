package io.bivouac.engine.tar;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Where in a sparse file its data lies; the rest is holes.
 *
 * @param offsets of the segments, ascending
 * @param lengths of the segments, none overlapping the next
 * @param size of the file
 * @see <a href="https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html">GNU tar, storing sparse files</a>
 */
record SparseMap(long[] offsets, long[] lengths, long size) {
    private static final int HEADER_OFFSET = 386;
    private static final int HEADER_SEGMENTS = 4;
    private static final int HEADER_MORE = 482;
    private static final int HEADER_SIZE = 483;
    private static final int MORE_SEGMENTS = 21;
    private static final int MORE_MORE = 504;
    private static final int SEGMENTS_LIMIT = 1 << 16;
    private static final int DIGITS_LIMIT = 18;

    /** Offsets and lengths by turns, as archives have them. */
    static SparseMap of(List<Long> numbers, long size) throws IOException {
        if (numbers.size() % 2 != 0 || numbers.size() / 2 > SEGMENTS_LIMIT) {
            throw new IOException("the map of a sparse file has " + numbers.size() + " numbers");
        }
        long[] offsets = new long[numbers.size() / 2];
        long[] lengths = new long[offsets.length];
        long end = 0;
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = numbers.get(2 * i);
            lengths[i] = numbers.get(2 * i + 1);
            if (offsets[i] < end || lengths[i] > size - offsets[i] || offsets[i] > size) {
                throw new IOException("the map of a sparse file is out of order or leads beyond its end");
            }
            end = offsets[i] + lengths[i];
        }
        return new SparseMap(offsets, lengths, size);
    }

    /** As many bytes as the archive holds of the file. */
    long stored() {
        long sum = 0;
        for (long length : lengths) {
            sum += length;
        }
        return sum;
    }

    /** GNU's oldest form: four segments in the header, more in blocks that follow it. */
    static SparseMap ofHeader(TarHeader header, InputStream in) throws IOException {
        List<Long> numbers = new ArrayList<>();
        byte[] block = header.block();
        add(block, HEADER_OFFSET, HEADER_SEGMENTS, numbers);
        boolean more = block[HEADER_MORE] != 0;
        while (more) {
            byte[] next = in.readNBytes(TarHeader.BLOCK);
            if (next.length < TarHeader.BLOCK || numbers.size() / 2 > SEGMENTS_LIMIT) {
                throw new IOException("the map of a sparse file has no end");
            }
            add(next, 0, MORE_SEGMENTS, numbers);
            more = next[MORE_MORE] != 0;
        }
        return of(numbers, TarHeader.position(block, HEADER_SIZE, "size"));
    }

    private static void add(byte[] block, int offset, int count, List<Long> numbers) throws IOException {
        int width = 2 * TarHeader.LONG_NUMBER_LENGTH;
        for (int at = offset; at < offset + count * width && block[at] != 0; at += width) {
            numbers.add(TarHeader.position(block, at, "offset of a segment"));
            numbers.add(TarHeader.position(block, at + TarHeader.LONG_NUMBER_LENGTH, "length of a segment"));
        }
    }

    /** Version 1.0: lines of decimal numbers in front of the data, filled up to a block. */
    static SparseMap ofContent(InputStream content, long size) throws IOException {
        int[] read = {0};
        long count = line(content, read);
        if (count > SEGMENTS_LIMIT) {
            throw new IOException("the map of a sparse file has " + count + " segments");
        }
        List<Long> numbers = new ArrayList<>();
        for (long i = 0; i < 2 * count; i++) {
            numbers.add(line(content, read));
        }
        int rest = (TarHeader.BLOCK - read[0] % TarHeader.BLOCK) % TarHeader.BLOCK;
        if (content.readNBytes(rest).length < rest) {
            throw new EOFException("the archive ends within the map of a sparse file");
        }
        return of(numbers, size);
    }

    private static long line(InputStream content, int[] read) throws IOException {
        StringBuilder digits = new StringBuilder();
        int value = content.read();
        while (value >= '0' && value <= '9' && digits.length() < DIGITS_LIMIT) {
            digits.append((char) value);
            value = content.read();
        }
        read[0] += digits.length() + 1;
        if (value != '\n' || digits.isEmpty()) {
            throw new IOException("the map of a sparse file is malformed");
        }
        return Long.parseLong(digits.toString());
    }
}
