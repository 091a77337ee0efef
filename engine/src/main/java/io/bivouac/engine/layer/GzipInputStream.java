package io.bivouac.engine.layer;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Reads every member of a gzip stream, and zeros behind the last. The JDK's own stream drops later members when nothing happens
 * to be available at that moment, and Commons Compress refuses zeros.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1952">RFC 1952, gzip</a>
 */
final class GzipInputStream extends InputStream {
    private static final int BUFFER = 64 << 10;
    private static final int FIRST = 0x1f;
    private static final int SECOND = 0x8b;
    private static final int DEFLATE = 8;
    private static final int HEADER_CHECKSUM = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    /** Time, extra flags and system, which say nothing about the content. */
    private static final int UNUSED = 6;

    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER];
    private final Inflater inflater = new Inflater(true);
    private final CRC32 checksum = new CRC32();
    private int at;
    private int end;
    private boolean inMember;
    private boolean begun;

    GzipInputStream(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (true) {
            if (!inMember && !beginMember()) {
                return -1;
            }
            int count = inflate(target, offset, length);
            if (count > 0) {
                checksum.update(target, offset, count);
                return count;
            }
            if (inflater.finished()) {
                endMember();
            }
        }
    }

    private int inflate(byte[] target, int offset, int length) throws IOException {
        if (inflater.needsInput()) {
            if (at == end && !fill()) {
                throw new EOFException("the compressed layer ends too early");
            }
            inflater.setInput(buffer, at, end - at);
            at = end;
        }
        try {
            int count = inflater.inflate(target, offset, length);
            if (count == 0 && inflater.needsDictionary()) {
                throw new IOException("the compressed layer is damaged: it wants a dictionary");
            }
            return count;
        } catch (DataFormatException e) {
            throw new IOException("the compressed layer is damaged: " + e.getMessage(), e);
        }
    }

    /** False at the end of the last member. */
    private boolean beginMember() throws IOException {
        if (!moreFollows()) {
            return false;
        }
        if (next() != FIRST || next() != SECOND || next() != DEFLATE) {
            throw new IOException("the compressed layer is damaged: what follows a member is none");
        }
        int flags = next();
        skip(UNUSED);
        if ((flags & EXTRA) != 0) {
            skip(next() | next() << 8);
        }
        if ((flags & NAME) != 0) {
            skipText();
        }
        if ((flags & COMMENT) != 0) {
            skipText();
        }
        if ((flags & HEADER_CHECKSUM) != 0) {
            skip(2);
        }
        inflater.reset();
        checksum.reset();
        inMember = true;
        begun = true;
        return true;
    }

    /** Zeros fill the last block of what was written to a tape, or by a tool that thinks so. */
    private boolean moreFollows() throws IOException {
        while (at < end || fill()) {
            if (!begun || buffer[at] != 0) {
                return true;
            }
            at++;
        }
        return false;
    }

    private void endMember() throws IOException {
        at = end - inflater.getRemaining();
        long wanted = littleEndian();
        long length = littleEndian();
        if (wanted != checksum.getValue() || length != (inflater.getBytesWritten() & 0xffffffffL)) {
            throw new IOException("the compressed layer is damaged: its checksum is wrong");
        }
        inMember = false;
    }

    private long littleEndian() throws IOException {
        long value = 0;
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            value |= (long) next() << shift;
        }
        return value;
    }

    private int next() throws IOException {
        if (at == end && !fill()) {
            throw new EOFException("the compressed layer ends too early");
        }
        return buffer[at++] & 0xff;
    }

    private void skip(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            next();
        }
    }

    private void skipText() throws IOException {
        while (next() != 0) {
            // next() does the work
        }
    }

    private boolean fill() throws IOException {
        at = 0;
        end = Math.max(in.read(buffer), 0);
        return end > 0;
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        in.close();
    }
}
