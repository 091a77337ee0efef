package io.bivouac.engine.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * What stands before a payload, for who reads the payload as it comes.
 *
 * @param type what the payload is
 * @param size of the payload in bytes
 */
public record FrameHeader(FrameType type, int size) {
    static final int LENGTH = 5;

    /** Reads the header of the next frame; empty at the end of the stream. */
    public static Optional<FrameHeader> read(InputStream in) throws IOException {
        byte[] header = in.readNBytes(LENGTH);
        if (header.length == 0) {
            return Optional.empty();
        }
        if (header.length < LENGTH) {
            throw new EOFException("a frame ends within its header");
        }
        return Optional.of(at(ByteBuffer.wrap(header), 0));
    }

    static FrameHeader at(ByteBuffer buffer, int index) {
        int length = buffer.order(ByteOrder.LITTLE_ENDIAN).getInt(index);
        if (length < 1 || length > FrameType.LIMIT) {
            throw new ProtocolException("a frame of " + Integer.toUnsignedString(length) + " bytes");
        }
        return new FrameHeader(FrameType.of(buffer.get(index + Integer.BYTES)), length - 1);
    }

    /** Reads the payload, which the stream is at. */
    public Frame readPayload(InputStream in) throws IOException {
        byte[] payload = in.readNBytes(size);
        if (payload.length < size) {
            throw endsWithinPayload();
        }
        return new Frame(type, payload);
    }

    /**
     * Reads the length of the bytes that are the whole payload, of a frame that holds nothing else. They follow in the stream.
     */
    public int readBytesLength(InputStream in) throws IOException {
        if (size < Integer.BYTES) {
            throw new ProtocolException("a payload of " + size + " bytes ends too early");
        }
        byte[] prefix = in.readNBytes(Integer.BYTES);
        if (prefix.length < Integer.BYTES) {
            throw endsWithinPayload();
        }
        int length = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getInt();
        if (length != size - Integer.BYTES) {
            throw new ProtocolException(Integer.toUnsignedString(length) + " bytes in a payload of " + size + " bytes");
        }
        return length;
    }

    /** The stream ended before the payload did. */
    public static EOFException endsWithinPayload() {
        return new EOFException("a frame ends within its payload");
    }
}
