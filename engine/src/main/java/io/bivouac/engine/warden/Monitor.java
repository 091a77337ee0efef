package io.bivouac.engine.warden;

import io.bivouac.engine.wire.Frame;
import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.ProtocolException;
import io.bivouac.engine.wire.WireReader;
import io.bivouac.engine.wire.WireWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

/** The connection to the process that drains one run of a container. */
public final class Monitor {
    /** Reports are small; a monitor that sends more is out of its mind. */
    private static final int BUFFER = 4096;

    private final SocketChannel connection;
    private final MonitorListener listener;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    private final Queue<CompletableFuture<Void>> asked = new ArrayDeque<>();
    private boolean over;

    Monitor(SocketChannel connection, MonitorListener listener) {
        this.connection = connection;
        this.listener = listener;
    }

    SocketChannel connection() {
        return connection;
    }

    /** What has arrived and was not understood yet. */
    ByteBuffer buffer() {
        return buffer;
    }

    /**
     * Completes when all that the container has written until now is in its log, and the listener has heard of it; when the
     * container has ended, at once.
     */
    public synchronized CompletableFuture<Void> drained() {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        try {
            if (!over) {
                WireWriter request = new WireWriter().begin(FrameType.DRAIN).end();
                connection.write(ByteBuffer.wrap(request.buffer(), 0, request.length()));
                asked.add(answer);
                return answer;
            }
        } catch (IOException e) {
            // It has just ended: its last report is on its way, and after that there is nothing to wait for.
            asked.add(answer);
            return answer;
        }
        answer.complete(null);
        return answer;
    }

    /** Reads what has arrived: false when nothing more will. */
    boolean read() {
        try {
            int count = connection.read(buffer);
            if (dispatch()) {
                return false;
            }
            if (count >= 0) {
                return true;
            }
        } catch (IOException | ProtocolException e) {
            // Killed, or out of its mind.
        }
        lose();
        return false;
    }

    /** True once the end was reported. */
    boolean dispatch() {
        buffer.flip();
        boolean ended = false;
        for (var frame = Frame.poll(buffer); !ended && frame.isPresent(); frame = Frame.poll(buffer)) {
            WireReader reader = frame.get().reader();
            switch (frame.get().type()) {
                case LOGGED -> logged(reader);
                case DRAINED -> answered();
                case EXITED -> {
                    listener.exited(ExitReport.decode(reader));
                    ended = true;
                }
                default ->
                    throw new ProtocolException("a frame of type " + frame.get().type() + " from a monitor");
            }
        }
        buffer.compact();
        if (!buffer.hasRemaining()) {
            throw new ProtocolException("a frame from a monitor that does not fit into " + BUFFER + " bytes");
        }
        if (ended) {
            close();
        }
        return ended;
    }

    private void logged(WireReader reader) {
        long end = reader.takeLong();
        long lost = reader.takeLong();
        reader.finish();
        listener.logged(end, lost);
    }

    private synchronized void answered() {
        CompletableFuture<Void> first = asked.poll();
        if (first != null) {
            first.complete(null);
        }
    }

    /** The monitor is gone without a report. */
    void lose() {
        listener.lost();
        close();
    }

    private void close() {
        try {
            connection.close();
        } catch (IOException e) {
            // It was of no more use.
        }
        synchronized (this) {
            over = true;
            asked.forEach(answer -> answer.complete(null));
            asked.clear();
        }
    }
}
