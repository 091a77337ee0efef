package io.bivouac.engine.io;

import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A blob that is read again: at its end it fails when it is not what its descriptor says. */
public final class VerifyingInputStream extends FilterInputStream {
    private final DigestingInputStream digesting;
    private final Descriptor blob;
    private boolean ended;

    public VerifyingInputStream(InputStream in, Descriptor blob) {
        this(new DigestingInputStream(in), blob);
    }

    private VerifyingInputStream(DigestingInputStream digesting, Descriptor blob) {
        super(digesting);
        this.digesting = digesting;
        this.blob = blob;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = super.read(buffer, offset, length);
        if (read < 0 && !ended) {
            ended = true;
            Digest actual = digesting.digest();
            if (!actual.equals(blob.digest())) {
                throw new IOException("blob " + blob.digest() + " of the store is damaged: its content has the digest "
                        + actual + "; mend it with mvn bivouac:images -Dbivouac.verify");
            }
        }
        return read;
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
