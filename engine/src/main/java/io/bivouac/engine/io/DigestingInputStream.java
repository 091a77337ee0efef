package io.bivouac.engine.io;

import io.bivouac.engine.oci.Digest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/** Digests and counts what is read through it. */
public final class DigestingInputStream extends FilterInputStream {
    private final MessageDigest hash = Digest.newMessageDigest();
    private long count;

    public DigestingInputStream(InputStream in) {
        super(in);
    }

    @Override
    public int read() throws IOException {
        int value = super.read();
        if (value >= 0) {
            hash.update((byte) value);
            count++;
        }
        return value;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = super.read(buffer, offset, length);
        if (read > 0) {
            hash.update(buffer, offset, read);
            count += read;
        }
        return read;
    }

    @Override
    public long skip(long length) throws IOException {
        byte[] buffer = new byte[(int) Math.min(length, 8192)];
        int read = buffer.length == 0 ? 0 : read(buffer, 0, buffer.length);
        return Math.max(read, 0);
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    /** Reads to the end, so that digest and count are those of the whole stream. */
    public void drain() throws IOException {
        byte[] buffer = new byte[64 << 10];
        while (read(buffer, 0, buffer.length) >= 0) {
            // read() does the work
        }
    }

    /** Bytes read so far. */
    public long count() {
        return count;
    }

    /** The digest of what was read; call it once. */
    public Digest digest() {
        return Digest.ofHash(hash.digest());
    }
}
