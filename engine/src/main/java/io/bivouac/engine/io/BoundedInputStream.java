package io.bivouac.engine.io;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Fails once more than a limit has been read: what a hostile source sends never fills memory or disk. */
public final class BoundedInputStream extends FilterInputStream {
    private final String what;
    private final long limit;
    private long left;

    /**
     * @param what is read, for the message
     * @param limit in bytes
     */
    public BoundedInputStream(InputStream in, String what, long limit) {
        super(in);
        this.what = what;
        this.limit = limit;
        this.left = limit;
    }

    @Override
    public int read() throws IOException {
        int value = super.read();
        count(value < 0 ? 0 : 1);
        return value;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = super.read(buffer, offset, length);
        count(Math.max(read, 0));
        return read;
    }

    @Override
    public long skip(long length) throws IOException {
        long skipped = super.skip(length);
        count(skipped);
        return skipped;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    private void count(long bytes) throws IOException {
        left -= bytes;
        if (left < 0) {
            throw new IOException(what + " is larger than the limit of " + limit + " bytes");
        }
    }
}
