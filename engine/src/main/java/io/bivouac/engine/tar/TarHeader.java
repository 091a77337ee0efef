package io.bivouac.engine.tar;

import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;

/**
 * One block of 512 bytes that describes an entry, in any of the forms of the last forty years: Version 7, POSIX ustar, GNU.
 *
 * @see <a href="https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html">POSIX pax, ustar interchange format</a>
 * @see <a href="https://www.gnu.org/software/tar/manual/html_node/Standard.html">GNU tar, basic tar format</a>
 */
final class TarHeader {
    static final int BLOCK = 512;

    static final char FILE = '0';
    static final char OLD_FILE = '\0';
    static final char HARD_LINK = '1';
    static final char SYMLINK = '2';
    static final char CHARACTER_DEVICE = '3';
    static final char BLOCK_DEVICE = '4';
    static final char FOLDER = '5';
    static final char FIFO = '6';
    static final char CONTIGUOUS_FILE = '7';
    static final char GNU_SPARSE = 'S';
    static final char GNU_LONG_NAME = 'L';
    static final char GNU_LONG_LINK = 'K';
    static final char PAX = 'x';
    static final char SOLARIS_PAX = 'X';
    static final char GLOBAL_PAX = 'g';

    static final int NAME_LENGTH = 100;
    static final int MODE = 100;
    static final int OWNER = 108;
    static final int GROUP = 116;
    static final int NUMBER_LENGTH = 8;
    static final int SIZE = 124;
    static final int TIME = 136;
    static final int LONG_NUMBER_LENGTH = 12;
    static final int CHECKSUM = 148;
    static final int TYPE = 156;
    static final int LINK = 157;
    static final int MAGIC = 257;
    static final int MAJOR = 329;
    static final int MINOR = 337;

    private static final int PREFIX = 345;
    private static final int PREFIX_LENGTH = 155;
    private static final byte[] POSIX_MAGIC = {'u', 's', 't', 'a', 'r', 0};
    private static final BigInteger LONG_LIMIT = BigInteger.valueOf(Long.MAX_VALUE);
    private static final String BLANKS = "\0 ";

    private final byte[] block;

    private TarHeader(byte[] block) {
        this.block = block;
    }

    /** Checks the sum first: what it does not match is no header. */
    static TarHeader of(byte[] block) throws IOException {
        TarHeader header = new TarHeader(block);
        long stored = header.number(CHECKSUM, NUMBER_LENGTH, "checksum");
        if (stored != sum(block, 0xff) && stored != sum(block, -1)) {
            throw new IOException("the checksum of a header is wrong");
        }
        return header;
    }

    /** The sum of all bytes, those of the sum itself taken for blanks; some archivers took bytes for signed. */
    static long sum(byte[] block, int mask) {
        long sum = (long) NUMBER_LENGTH * ' ';
        for (int i = 0; i < BLOCK; i++) {
            boolean own = i >= CHECKSUM && i < CHECKSUM + NUMBER_LENGTH;
            sum += own ? 0 : block[i] & mask;
        }
        return sum;
    }

    static boolean isZero(byte[] block) {
        for (byte value : block) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }

    char type() {
        return (char) (block[TYPE] & 0xff);
    }

    /** The name up to the first NUL, behind its prefix where the form has one. */
    byte[] name() {
        byte[] name = text(0, NAME_LENGTH);
        boolean posix = Arrays.equals(block, MAGIC, MAGIC + POSIX_MAGIC.length, POSIX_MAGIC, 0, POSIX_MAGIC.length);
        byte[] prefix = posix ? text(PREFIX, PREFIX_LENGTH) : new byte[0];
        if (prefix.length == 0) {
            return name;
        }
        byte[] whole = Arrays.copyOf(prefix, prefix.length + 1 + name.length);
        whole[prefix.length] = '/';
        System.arraycopy(name, 0, whole, prefix.length + 1, name.length);
        return whole;
    }

    byte[] link() {
        return text(LINK, NAME_LENGTH);
    }

    private byte[] text(int offset, int length) {
        int end = offset;
        while (end < offset + length && block[end] != 0) {
            end++;
        }
        return Arrays.copyOfRange(block, offset, end);
    }

    /** A size: a number that is not negative. */
    long size() throws IOException {
        return position(block, SIZE, "size");
    }

    /** A number of twelve bytes that is not negative, in this block or in one that continues it. */
    static long position(byte[] block, int offset, String what) throws IOException {
        long value = number(block, offset, LONG_NUMBER_LENGTH, what);
        if (value < 0) {
            throw new IOException("the " + what + " in a header is negative: " + value);
        }
        return value;
    }

    long number(int offset, int length, String what) throws IOException {
        return number(block, offset, length, what);
    }

    byte[] block() {
        return block;
    }

    /** Octal digits between blanks and NULs, or, where the first bit is set, a big-endian two's complement. */
    private static long number(byte[] block, int offset, int length, String what) throws IOException {
        if ((block[offset] & 0x80) != 0) {
            return binary(block, offset, length, what);
        }
        int start = offset;
        int limit = offset + length;
        while (start < limit && BLANKS.indexOf(block[start]) >= 0) {
            start++;
        }
        long value = 0;
        int at = start;
        for (; at < limit && BLANKS.indexOf(block[at]) < 0; at++) {
            if (block[at] < '0' || block[at] > '7') {
                throw new IOException("the " + what + " in a header is no number");
            }
            value = value * 8 + (block[at] - '0');
        }
        return value;
    }

    /** The first bit says only that this is the form; the second is the sign. */
    private static long binary(byte[] block, int offset, int length, String what) throws IOException {
        byte[] digits = Arrays.copyOfRange(block, offset, offset + length);
        boolean negative = (digits[0] & 0x40) != 0;
        digits[0] = (byte) (negative ? digits[0] : digits[0] & 0x7f);
        BigInteger value = new BigInteger(digits);
        if (value.abs().compareTo(LONG_LIMIT) > 0) {
            throw new IOException("the " + what + " in a header is too large: " + value);
        }
        return value.longValue();
    }
}
