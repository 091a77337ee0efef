package io.bivouac.engine.tar;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes an archive in POSIX pax form: the same entries always as the same bytes. What the old header has no room for goes into
 * an extended header, and only that.
 */
public final class TarWriter {
    private static final byte[] MAGIC = "ustar\00000".getBytes(StandardCharsets.US_ASCII);
    private static final int BUFFER = 128 << 10;
    private static final long LIMIT = (1L << 21) - 1;
    private static final long LONG_LIMIT = (1L << 33) - 1;
    private static final int END_BLOCKS = 2;

    private final OutputStream out;
    private final byte[] buffer = new byte[BUFFER];

    public TarWriter(OutputStream out) {
        this.out = out;
    }

    /** Writes an entry; of a file, as much content as the entry says. Times are kept in whole seconds. */
    public void write(TarEntry entry, InputStream content) throws IOException {
        TreeMap<String, byte[]> headers = new TreeMap<>();
        putText(headers, "path", entry.name());
        putText(headers, "linkpath", entry.link());
        putNumber(headers, "uid", entry.uid(), LIMIT);
        putNumber(headers, "gid", entry.gid(), LIMIT);
        putNumber(headers, "size", entry.size(), LONG_LIMIT);
        putNumber(headers, "mtime", entry.seconds(), LONG_LIMIT);
        entry.attributes().forEach((name, value) -> headers.put(Extensions.XATTR + name, value));
        if (!headers.isEmpty()) {
            byte[] records = PaxRecords.format(headers);
            byte[] name = "PaxHeaders".getBytes(StandardCharsets.US_ASCII);
            TarEntry header =
                    new TarEntry(TarType.FILE, name, new byte[0], 0644, 0, 0, 0, 0, records.length, 0, 0, Map.of());
            out.write(block(header, TarHeader.PAX));
            out.write(records);
            pad(records.length);
        }
        out.write(block(entry, entry.type().flag()));
        copy(entry, content);
        pad(entry.size());
    }

    private void copy(TarEntry entry, InputStream content) throws IOException {
        for (long left = entry.size(); left > 0; ) {
            int wanted = (int) Math.min(left, BUFFER);
            if (content.readNBytes(buffer, 0, wanted) < wanted) {
                throw new IOException("the content of " + TarEntry.printable(entry.name())
                        + " is shorter than its size of " + entry.size());
            }
            out.write(buffer, 0, wanted);
            left -= wanted;
        }
    }

    private void pad(long size) throws IOException {
        out.write(new byte[(int) ((TarHeader.BLOCK - size % TarHeader.BLOCK) % TarHeader.BLOCK)]);
    }

    /** Ends the archive; does not close the stream. */
    public void finish() throws IOException {
        out.write(new byte[END_BLOCKS * TarHeader.BLOCK]);
    }

    private static void putText(Map<String, byte[]> headers, String key, byte[] text) {
        boolean plain = text.length <= TarHeader.NAME_LENGTH;
        for (byte character : text) {
            plain &= character >= 0;
        }
        if (!plain) {
            headers.put(key, text);
        }
    }

    private static void putNumber(Map<String, byte[]> headers, String key, long number, long limit) {
        if (number < 0 || number > limit) {
            headers.put(key, Long.toString(number).getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static byte[] block(TarEntry entry, char flag) {
        byte[] block = new byte[TarHeader.BLOCK];
        System.arraycopy(entry.name(), 0, block, 0, Math.min(entry.name().length, TarHeader.NAME_LENGTH));
        System.arraycopy(entry.link(), 0, block, TarHeader.LINK, Math.min(entry.link().length, TarHeader.NAME_LENGTH));
        octal(block, TarHeader.MODE, TarHeader.NUMBER_LENGTH, entry.mode());
        octal(block, TarHeader.OWNER, TarHeader.NUMBER_LENGTH, entry.uid());
        octal(block, TarHeader.GROUP, TarHeader.NUMBER_LENGTH, entry.gid());
        octal(block, TarHeader.SIZE, TarHeader.LONG_NUMBER_LENGTH, entry.size());
        octal(block, TarHeader.TIME, TarHeader.LONG_NUMBER_LENGTH, entry.seconds());
        block[TarHeader.TYPE] = (byte) flag;
        System.arraycopy(MAGIC, 0, block, TarHeader.MAGIC, MAGIC.length);
        octal(block, TarHeader.MAJOR, TarHeader.NUMBER_LENGTH, entry.major());
        octal(block, TarHeader.MINOR, TarHeader.NUMBER_LENGTH, entry.minor());
        octal(block, TarHeader.CHECKSUM, TarHeader.NUMBER_LENGTH - 1, TarHeader.sum(block, 0xff));
        block[TarHeader.CHECKSUM + TarHeader.NUMBER_LENGTH - 1] = ' ';
        return block;
    }

    /** Digits and a NUL; what does not fit stands in the extended header, and here a zero. */
    private static void octal(byte[] block, int offset, int length, long number) {
        String digits = Long.toOctalString(number);
        if (number < 0 || digits.length() >= length) {
            digits = "0";
        }
        Arrays.fill(block, offset, offset + length - 1, (byte) '0');
        byte[] bytes = digits.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, block, offset + length - 1 - bytes.length, bytes.length);
    }
}
