package io.bivouac.engine.warden;

import io.bivouac.engine.tree.TreeReader;
import io.bivouac.engine.tree.TreeWriter;
import io.bivouac.engine.wire.Frame;
import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.ProtocolException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.ClosedChannelException;

/** A tree being read or written. */
public final class TreeConnection implements AutoCloseable {
    private static final int BUFFER = 256 << 10;

    private final WardenConnection connection;
    private final InputStream in;
    private boolean reading;

    TreeConnection(WardenConnection connection) {
        this.connection = connection;
        this.in = new BufferedInputStream(connection.in(), BUFFER);
    }

    /** Carries the warden's failure through {@link TreeReader}. */
    private static final class FailureFrame extends IOException {
        private static final long serialVersionUID = 1L;

        private final transient WardenFailure failure;

        private FailureFrame(WardenFailure failure) {
            super(failure.toString());
            this.failure = failure;
        }
    }

    /** The records, in reading. */
    public TreeReader reader() {
        reading = true;
        return new TreeReader(in, frame -> {
            if (frame.type() == FrameType.FAILED) {
                throw new FailureFrame(WardenFailure.decode(frame.reader()));
            }
            throw new ProtocolException("a frame of type " + frame.type() + " within a tree");
        });
    }

    /**
     * What is behind an exception of {@link #reader()} or {@link #writer()}: the warden's failure is thrown, anything else is
     * returned.
     */
    public IOException unwrap(IOException e) throws WardenException {
        if (e instanceof FailureFrame frame) {
            throw new WardenException(frame.failure);
        }
        if (reading && e instanceof EOFException) {
            throw WardenClient.lost(e);
        }
        if (e instanceof HungUpException) {
            finish();
        }
        return e;
    }

    /** The records, in writing. */
    public TreeWriter writer() {
        return new TreeWriter(new GuardedOutput(connection.out()));
    }

    /** The warden has hung up before the tree was complete; its reason waits on the connection. */
    private static final class HungUpException extends IOException {
        private static final long serialVersionUID = 1L;

        private HungUpException(IOException cause) {
            super(cause);
        }
    }

    private static final class GuardedOutput extends FilterOutputStream {
        private GuardedOutput(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
            try {
                out.write(buffer, offset, length);
            } catch (ClosedChannelException e) {
                throw e;
            } catch (IOException e) {
                throw new HungUpException(e);
            }
        }
    }

    /** Waits for the warden's answer after the tree was ended. */
    public void finish() throws WardenException {
        try {
            Frame frame = Frame.read(in).orElseThrow(() -> new EOFException("the warden hung up"));
            WardenConnection.expect(frame, FrameType.OK);
        } catch (IOException e) {
            throw WardenClient.lost(e);
        }
    }

    @Override
    public void close() {
        connection.close();
    }
}
