package io.bivouac.engine.warden;

import io.bivouac.engine.wire.Frame;
import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.ProtocolException;
import io.bivouac.engine.wire.WireWriter;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/** One connection to the warden. Closing it from another thread ends a wait on it. */
public final class WardenConnection implements AutoCloseable {
    private final SocketChannel channel;
    private final InputStream in;

    WardenConnection(SocketChannel channel) {
        this.channel = channel;
        this.in = Channels.newInputStream(channel);
    }

    SocketChannel channel() {
        return channel;
    }

    InputStream in() {
        return in;
    }

    OutputStream out() {
        return Channels.newOutputStream(channel);
    }

    void send(WireWriter frames) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(frames.buffer(), 0, frames.length());
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Waits for the answer to a request; a failure it reports is thrown. */
    public void await() throws WardenException {
        expect(FrameType.OK);
    }

    Frame expect(FrameType type) throws WardenException {
        try {
            return expect(next(), type);
        } catch (IOException e) {
            throw WardenClient.lost(e);
        }
    }

    static Frame expect(Frame frame, FrameType type) throws WardenException {
        if (frame.type() == FrameType.FAILED) {
            throw new WardenException(WardenFailure.decode(frame.reader()));
        }
        if (frame.type() != type) {
            throw new ProtocolException("a frame of type " + frame.type() + " instead of " + type);
        }
        return frame;
    }

    /** Whether the warden has neither said anything more nor hung up. */
    boolean isQuiet() {
        try {
            return readAtOnce(ByteBuffer.allocate(1)) == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** What has arrived: nothing, what was expected, or something else, such as the end. */
    enum Arrival {
        NOTHING,
        EXPECTED,
        OTHER
    }

    /** Takes this answer, which has no content, if it has arrived. */
    Arrival look(FrameType answer) {
        try {
            ByteBuffer header = ByteBuffer.allocate(WireWriter.overhead());
            int count = readAtOnce(header);
            if (count == 0) {
                return Arrival.NOTHING;
            }
            boolean expected = Frame.poll(header.flip())
                    .filter(frame -> frame.type() == answer)
                    .isPresent();
            return expected ? Arrival.EXPECTED : Arrival.OTHER;
        } catch (IOException | ProtocolException e) {
            return Arrival.OTHER;
        }
    }

    private int readAtOnce(ByteBuffer bytes) throws IOException {
        channel.configureBlocking(false);
        try {
            return channel.read(bytes);
        } finally {
            channel.configureBlocking(true);
        }
    }

    Frame next() throws IOException {
        Optional<Frame> frame = Frame.read(in);
        return frame.orElseThrow(() -> new EOFException("the warden hung up"));
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // Whatever was to be said on it has been said.
        }
    }
}
