package io.bivouac.engine.io;

import io.bivouac.engine.oci.Digest;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/**
 * A file that arrives piece by piece and is digested on the way. What an earlier attempt left, in this process or another one,
 * is gone on with. Not safe for use by several threads at once.
 */
public final class PartialFile implements Closeable {
    private static final int BUFFER = 256 << 10;

    private final FileChannel channel;
    private final MessageDigest hash = Digest.newMessageDigest();
    private long length;

    private PartialFile(FileChannel channel) {
        this.channel = channel;
    }

    /** Opens the file, or makes it, and digests what it holds. */
    public static PartialFile open(Path path) throws IOException {
        FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            PartialFile file = new PartialFile(channel);
            file.digestWhatIsThere();
            return file;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private void digestWhatIsThere() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        while (channel.read(buffer) >= 0) {
            buffer.flip();
            length += buffer.remaining();
            hash.update(buffer);
            buffer.clear();
        }
    }

    /** Bytes that have arrived. */
    public long length() {
        return length;
    }

    /** Appends what is left of the buffer. */
    public void write(ByteBuffer bytes) throws IOException {
        length += bytes.remaining();
        hash.update(bytes.duplicate());
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Forgets what has arrived. */
    public void restart() throws IOException {
        channel.truncate(0);
        hash.reset();
        length = 0;
    }

    /** The digest of what has arrived; call it once. */
    public Digest digest() {
        return Digest.ofHash(hash.digest());
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
