package io.bivouac.engine.io;

import io.bivouac.engine.oci.Digest;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;

/** Digests and counts what is written through it. */
public final class DigestingOutputStream extends FilterOutputStream {
    private final MessageDigest hash = Digest.newMessageDigest();
    private long count;

    public DigestingOutputStream(OutputStream out) {
        super(out);
    }

    @Override
    public void write(int value) throws IOException {
        out.write(value);
        hash.update((byte) value);
        count++;
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
        out.write(buffer, offset, length);
        hash.update(buffer, offset, length);
        count += length;
    }

    /** Bytes written so far. */
    public long count() {
        return count;
    }

    /** The digest of what was written; call it once. */
    public Digest digest() {
        return Digest.ofHash(hash.digest());
    }
}
