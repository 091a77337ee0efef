package io.bivouac.engine.zstd;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads frames of Zstandard and passes over skippable ones, which zstd:chunked layers carry their tables in. Checksums of frames
 * are not looked at: whoever reads a layer checks the digest of all of it.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8878">RFC 8878, Zstandard</a>
 */
public final class ZstdInputStream extends InputStream {
    /** The window the reference decoder takes without being asked to take more. */
    private static final long WINDOW_LIMIT = 128L << 20;

    private static final int MAGIC = 0xfd2fb528;
    private static final int SKIPPABLE = 0x184d2a50;
    private static final int SKIPPABLE_MASK = 0xfffffff0;
    private static final int MAGIC_LENGTH = 4;
    private static final int BLOCK_HEADER = 3;

    private final InputStream in;
    private final byte[] buffer = new byte[Block.LIMIT + BitReader.SLACK];
    private final Block block = new Block();
    private final History history = new History();
    private boolean inFrame;
    private boolean checksum;
    private long announced;
    private long unpacked;

    public ZstdInputStream(InputStream in) {
        this.in = in;
    }

    /** Whether these first four bytes begin a frame, skippable or not. */
    public static boolean begins(byte[] magic) {
        int value = magic.length < MAGIC_LENGTH ? 0 : (int) number(magic, MAGIC_LENGTH);
        return value == MAGIC || (value & SKIPPABLE_MASK) == SKIPPABLE;
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
        while (history.available() == 0) {
            if (inFrame) {
                unpackBlock();
            } else if (!beginFrame()) {
                return -1;
            }
        }
        return history.read(target, offset, length);
    }

    /** False at the end of the stream. */
    private boolean beginFrame() throws IOException {
        int count = in.readNBytes(buffer, 0, MAGIC_LENGTH);
        if (count == 0) {
            return false;
        }
        if (count < MAGIC_LENGTH) {
            throw new EOFException("the compressed layer ends too early");
        }
        int magic = (int) number(buffer, MAGIC_LENGTH);
        if (magic == MAGIC) {
            readHeader();
            inFrame = true;
        } else if ((magic & SKIPPABLE_MASK) == SKIPPABLE) {
            passOver(read(MAGIC_LENGTH));
        } else {
            throw new DamagedException("what follows a frame is none");
        }
        return true;
    }

    private void passOver(long count) throws IOException {
        for (long left = count; left > 0; ) {
            int part = (int) Math.min(left, Block.LIMIT);
            fill(part);
            left -= part;
        }
    }

    private void readHeader() throws IOException {
        int descriptor = (int) read(1);
        boolean single = (descriptor & 0x20) != 0;
        checksum = (descriptor & 4) != 0;
        if ((descriptor & 8) != 0) {
            throw new DamagedException("a frame is of an unknown form");
        }
        long window = single ? 0 : window((int) read(1));
        int dictionary = descriptor & 3;
        if (dictionary != 0 && read(dictionary == 3 ? 4 : dictionary) != 0) {
            throw new IOException("the layer is compressed by zstd with a dictionary, which no layer may need");
        }
        int sizeFlag = descriptor >> 6;
        announced = sizeFlag == 0 ? (single ? read(1) : -1) : read(1 << sizeFlag) + (sizeFlag == 1 ? 256 : 0);
        window = single ? announced : window;
        if (window < 0 || window > WINDOW_LIMIT) {
            throw new IOException(
                    "the layer is compressed by zstd with a window of more than " + WINDOW_LIMIT + " bytes");
        }
        unpacked = 0;
        block.reset();
        history.reset((int) window);
    }

    private static long window(int descriptor) {
        long base = 1L << (10 + (descriptor >> 3));
        return base + base / 8 * (descriptor & 7);
    }

    private void unpackBlock() throws IOException {
        int header = (int) read(BLOCK_HEADER);
        int size = header >> 3;
        if (size > Block.LIMIT) {
            throw new DamagedException("a block is too large");
        }
        history.beginBlock();
        switch ((header >> 1) & 3) {
            case 0 -> {
                fill(size);
                history.append(buffer, 0, size);
            }
            case 1 -> history.fill((byte) read(1), size);
            case 2 -> {
                fill(size);
                unpack(size);
            }
            default -> throw new DamagedException("a block is of an unknown form");
        }
        unpacked += history.available();
        if ((header & 1) != 0) {
            endFrame();
        }
    }

    /** Bounds that are not looked at one by one are those of arrays. */
    private void unpack(int size) throws IOException {
        try {
            block.unpack(new Section(buffer, size), history);
        } catch (IndexOutOfBoundsException e) {
            DamagedException damaged = new DamagedException("a block leads beyond its end");
            damaged.initCause(e);
            throw damaged;
        }
    }

    private void endFrame() throws IOException {
        inFrame = false;
        if (announced >= 0 && announced != unpacked) {
            throw new DamagedException("a frame has another size than announced");
        }
        if (checksum) {
            fill(MAGIC_LENGTH);
        }
    }

    private long read(int bytes) throws IOException {
        fill(bytes);
        return number(buffer, bytes);
    }

    private void fill(int count) throws IOException {
        if (in.readNBytes(buffer, 0, count) < count) {
            throw new EOFException("the compressed layer ends too early");
        }
    }

    private static long number(byte[] bytes, int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (bytes[i] & 0xffL) << (Byte.SIZE * i);
        }
        return value;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
