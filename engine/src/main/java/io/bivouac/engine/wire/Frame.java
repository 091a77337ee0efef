package io.bivouac.engine.wire;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * One frame as it was received.
 *
 * @param type what the payload is
 * @param payload without the header
 */
public record Frame(FrameType type, byte[] payload) {
    /** Reads the next frame; empty at the end of the stream. */
    public static Optional<Frame> read(InputStream in) throws IOException {
        Optional<FrameHeader> header = FrameHeader.read(in);
        return header.isPresent() ? Optional.of(header.get().readPayload(in)) : Optional.empty();
    }

    /** Takes the next frame out of a buffer in read mode; empty, and nothing taken, when it is not there whole. */
    public static Optional<Frame> poll(ByteBuffer buffer) {
        if (buffer.remaining() < FrameHeader.LENGTH) {
            return Optional.empty();
        }
        int start = buffer.position();
        FrameHeader header = FrameHeader.at(buffer, start);
        int size = header.size();
        if (buffer.remaining() < FrameHeader.LENGTH + size) {
            return Optional.empty();
        }
        byte[] payload = new byte[size];
        buffer.get(start + FrameHeader.LENGTH, payload);
        buffer.position(start + FrameHeader.LENGTH + size);
        return Optional.of(new Frame(header.type(), payload));
    }

    public WireReader reader() {
        return new WireReader(payload);
    }
}
