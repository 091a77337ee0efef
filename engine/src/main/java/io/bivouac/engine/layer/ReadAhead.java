package io.bivouac.engine.layer;

import io.bivouac.engine.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.security.MessageDigest;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stream on a thread of its own, a few blocks ahead: decompressing goes on while what came before is digested and
 * written. Closing ends the thread and closes the stream.
 */
public final class ReadAhead extends InputStream {
    private static final int BLOCK = 128 << 10;
    private static final int BLOCKS = 8;

    private final InputStream in;
    private final BlockingQueue<Block> full = new ArrayBlockingQueue<>(BLOCKS);
    private final BlockingQueue<byte[]> empty = new ArrayBlockingQueue<>(BLOCKS);
    private final Thread thread;
    /** Of whole blocks, by who takes them: decompressing alone keeps the other thread busier than all of this. */
    private final MessageDigest hash = Digest.newMessageDigest();

    private Block block = new Block(new byte[0], 0, null);
    private int at;

    /**
     * @param length of what was read; negative after the last block
     * @param failure that ended reading
     */
    private record Block(byte[] bytes, int length, @Nullable Throwable failure) {}

    public ReadAhead(InputStream in) {
        this.in = in;
        for (int i = 0; i < BLOCKS - 1; i++) {
            empty.add(new byte[BLOCK]);
        }
        thread = new Thread(this::readAll, "bivouac-inflate");
        thread.setDaemon(true);
        thread.start();
    }

    /** One block fewer than the queue has room for: the end of the stream never waits for room. */
    private void readAll() {
        try {
            while (true) {
                byte[] bytes = empty.take();
                int length = in.readNBytes(bytes, 0, bytes.length);
                full.add(new Block(bytes, length == 0 ? -1 : length, null));
                if (length == 0) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            // Closed: nobody reads what would come.
        } catch (IOException | RuntimeException | Error e) {
            full.add(new Block(new byte[0], -1, e));
        }
    }

    @Override
    public int read() throws IOException {
        return fill() ? block.bytes[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, block.length - at);
        System.arraycopy(block.bytes, at, buffer, offset, count);
        at += count;
        return count;
    }

    /** Reads to the end: the digest of the whole stream. Call it once. */
    public Digest drain() throws IOException {
        while (fill()) {
            at = block.length;
        }
        return Digest.ofHash(hash.digest());
    }

    private boolean fill() throws IOException {
        if (at == block.length) {
            if (block.length > 0) {
                empty.add(block.bytes);
            }
            block = take();
            hash.update(block.bytes, 0, Math.max(block.length, 0));
            at = 0;
        }
        if (block.failure instanceof IOException e) {
            throw new IOException(e.getMessage(), e);
        }
        if (block.failure != null) {
            throw new IllegalStateException(block.failure);
        }
        return block.length > 0;
    }

    private Block take() throws IOException {
        try {
            return full.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while a layer was read");
        }
    }

    @Override
    public void close() throws IOException {
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        in.close();
    }
}
