package io.bivouac.engine.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * One frame as it was received.
 *
 * @param type what the payload is
 * @param payload without the header
 */
public record Frame(FrameType type, byte[] payload) {
    private static final int HEADER = 5;

    /** So much memory is taken before the bytes are there: a block of a file's content. What grows is written several times. */
    private static final int AT_ONCE = (256 << 10) + Integer.BYTES;

    /** Reads the next frame; empty at the end of the stream. */
    public static Optional<Frame> read(InputStream in) throws IOException {
        byte[] header = in.readNBytes(HEADER);
        if (header.length == 0) {
            return Optional.empty();
        }
        if (header.length < HEADER) {
            throw new EOFException("a frame ends within its header");
        }
        int length = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt();
        int size = payloadSize(length);
        byte[] payload = payload(in, size);
        if (payload.length < size) {
            throw new EOFException("a frame ends within its payload");
        }
        return Optional.of(new Frame(FrameType.of(header[4]), payload));
    }

    /** As much of it as there is. */
    private static byte[] payload(InputStream in, int size) throws IOException {
        if (size > AT_ONCE) {
            return in.readNBytes(size);
        }
        byte[] payload = new byte[size];
        int count = in.readNBytes(payload, 0, size);
        return count == size ? payload : Arrays.copyOf(payload, count);
    }

    /** Takes the next frame out of a buffer in read mode; empty, and nothing taken, when it is not there whole. */
    public static Optional<Frame> poll(ByteBuffer buffer) {
        if (buffer.remaining() < HEADER) {
            return Optional.empty();
        }
        int start = buffer.position();
        int size = payloadSize(buffer.order(ByteOrder.LITTLE_ENDIAN).getInt(start));
        if (buffer.remaining() < HEADER + size) {
            return Optional.empty();
        }
        byte[] payload = new byte[size];
        buffer.get(start + HEADER, payload);
        buffer.position(start + HEADER + size);
        return Optional.of(new Frame(FrameType.of(buffer.get(start + 4)), payload));
    }

    private static int payloadSize(int length) {
        if (length < 1 || length > FrameType.LIMIT) {
            throw new ProtocolException("a frame of " + Integer.toUnsignedString(length) + " bytes");
        }
        return length - 1;
    }

    public WireReader reader() {
        return new WireReader(payload);
    }
}
