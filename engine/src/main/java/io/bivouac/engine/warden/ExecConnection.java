package io.bivouac.engine.warden;

import io.bivouac.engine.LogSource;
import io.bivouac.engine.wire.Frame;
import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.ProtocolException;
import io.bivouac.engine.wire.WireReader;
import io.bivouac.engine.wire.WireWriter;
import java.io.IOException;

/** A running command. Closing kills it and its process group. */
public final class ExecConnection implements AutoCloseable {
    private final WardenConnection connection;

    ExecConnection(WardenConnection connection) {
        this.connection = connection;
    }

    /** Receives output as it comes. */
    @FunctionalInterface
    public interface Output {
        void accept(LogSource source, byte[] bytes) throws IOException;
    }

    /** Passes output on until the command ends. */
    public ExitReport await(Output output) throws IOException, WardenException {
        while (true) {
            Frame frame = connection.next();
            WireReader reader = frame.reader();
            switch (frame.type()) {
                case OUTPUT -> {
                    LogSource source = reader.takeByte() == 1 ? LogSource.STDOUT : LogSource.STDERR;
                    output.accept(source, reader.takeBytes());
                    reader.finish();
                }
                case EXITED -> {
                    return ExitReport.decode(reader);
                }
                case FAILED -> throw new WardenException(WardenFailure.decode(reader));
                default -> throw new ProtocolException("a frame of type " + frame.type() + " from a command");
            }
        }
    }

    /** Feeds the command; blocks while it does not read. */
    public synchronized void feed(byte[] bytes, int length) throws IOException {
        connection.send(new WireWriter()
                .begin(FrameType.STDIN)
                .putBytes(bytes, 0, length)
                .end());
    }

    /** Ends the command's input. */
    public synchronized void endInput() throws IOException {
        connection.send(new WireWriter().begin(FrameType.STDIN_END).end());
    }

    /** Tells the command's terminal its new size. */
    public synchronized void resize(int columns, int rows) throws IOException {
        connection.send(new WireWriter()
                .begin(FrameType.WINDOW)
                .putInt(columns)
                .putInt(rows)
                .end());
    }

    @Override
    public void close() {
        connection.close();
    }
}
