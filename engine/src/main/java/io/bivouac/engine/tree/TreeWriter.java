package io.bivouac.engine.tree;

import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.WireWriter;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Writes tree records as frames, small ones together. */
public final class TreeWriter {
    private static final int CHUNK = 128 << 10;

    private final OutputStream out;
    private final WireWriter buffer = new WireWriter();
    private final byte[] chunk = new byte[CHUNK];

    public TreeWriter(OutputStream out) {
        this.out = out;
    }

    /** Writes a record without content. */
    public void write(TreeEntry entry) throws IOException {
        entry.encode(buffer);
        flushIfFull();
    }

    /** Writes a file: exactly {@link TreeEntry#size()} bytes are taken from the stream. */
    public void write(TreeEntry file, InputStream content) throws IOException {
        file.encode(buffer);
        long left = file.size();
        while (left > 0) {
            int wanted = (int) Math.min(left, CHUNK);
            int count = content.readNBytes(chunk, 0, wanted);
            if (count < wanted) {
                throw new EOFException("the content of " + file.pathText() + " is " + (left - count)
                        + " bytes shorter than its size of " + file.size());
            }
            buffer.begin(FrameType.DATA).putBytes(chunk, 0, count).end();
            flushIfFull();
            left -= count;
        }
    }

    /** Announces that what lies below is there: records that need it may follow. */
    public void below() throws IOException {
        buffer.begin(FrameType.BELOW).end();
        flushIfFull();
    }

    /** Ends the tree. */
    public void end() throws IOException {
        buffer.begin(FrameType.END).end();
        flush();
    }

    private void flushIfFull() throws IOException {
        if (buffer.length() >= CHUNK) {
            flush();
        }
    }

    private void flush() throws IOException {
        out.write(buffer.buffer(), 0, buffer.length());
        buffer.reset();
    }
}
