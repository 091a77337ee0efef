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
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** The connection to the process that drains one run of a container, and discards the container in the end. */
public final class Monitor {
    /** Reports are small; a monitor that sends more is out of its mind. */
    private static final int BUFFER = 4096;

    private final SocketChannel connection;
    private final MonitorListener listener;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    private final Queue<CompletableFuture<Void>> asked = new ArrayDeque<>();
    private boolean over;
    /** Completes with the answer, exceptionally when there will be none. */
    private @Nullable CompletableFuture<Void> discarded;

    private boolean unreachable;

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

    /**
     * Has the container killed and all of it removed; returns when that is done.
     *
     * @return false when the monitor is gone and someone else has to do it
     */
    boolean discard(WireWriter request) throws WardenException {
        try {
            ask(request).join();
            return true;
        } catch (CompletionException e) {
            if (e.getCause() instanceof WardenException refusal) {
                throw refusal;
            }
            return false;
        }
    }

    private synchronized CompletableFuture<Void> ask(WireWriter request) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        discarded = answer;
        try {
            ByteBuffer bytes = ByteBuffer.wrap(request.buffer(), 0, request.length());
            if (!unreachable) {
                connection.write(bytes);
            }
            if (bytes.hasRemaining()) {
                // It does not read: what it was sent in part is of no use to it.
                hangUp();
                answer.completeExceptionally(new IOException("the monitor takes nothing"));
            }
        } catch (IOException e) {
            answer.completeExceptionally(e);
        }
        return answer;
    }

    /** Lets the monitor of a container that has ended go: another one will discard the container. */
    public synchronized void hangUp() {
        unreachable = true;
        try {
            connection.shutdownOutput();
        } catch (IOException e) {
            // It is gone already.
        }
    }

    /** Reads what has arrived: false when nothing more will. */
    boolean read() {
        try {
            int count = connection.read(buffer);
            if (!dispatch() && count >= 0) {
                return true;
            }
        } catch (IOException | ProtocolException e) {
            // Killed, or out of its mind.
        }
        lose();
        return false;
    }

    /** True once nothing more is to be expected. */
    boolean dispatch() {
        buffer.flip();
        boolean answered = false;
        for (var frame = Frame.poll(buffer); !answered && frame.isPresent(); frame = Frame.poll(buffer)) {
            answered = dispatch(frame.get());
        }
        buffer.compact();
        if (!buffer.hasRemaining()) {
            throw new ProtocolException("a frame from a monitor that does not fit into " + BUFFER + " bytes");
        }
        return answered;
    }

    private boolean dispatch(Frame frame) {
        WireReader reader = frame.reader();
        switch (frame.type()) {
            case LOGGED -> logged(reader);
            case DRAINED -> drainedOne();
            case EXITED -> {
                listener.exited(ExitReport.decode(reader));
                end();
            }
            case OK -> {
                return finish(null);
            }
            case FAILED -> {
                return finish(new WardenException(WardenFailure.decode(reader)));
            }
            default -> throw new ProtocolException("a frame of type " + frame.type() + " from a monitor");
        }
        return false;
    }

    private synchronized boolean finish(@Nullable WardenException refusal) {
        if (discarded == null) {
            throw new ProtocolException("an answer from a monitor that was asked for nothing");
        }
        if (refusal == null) {
            discarded.complete(null);
        } else {
            discarded.completeExceptionally(refusal);
        }
        return true;
    }

    private void logged(WireReader reader) {
        long end = reader.takeLong();
        long lost = reader.takeLong();
        reader.finish();
        listener.logged(end, lost);
    }

    private synchronized void drainedOne() {
        CompletableFuture<Void> first = asked.poll();
        if (first != null) {
            first.complete(null);
        }
    }

    private synchronized boolean end() {
        boolean first = !over;
        over = true;
        asked.forEach(answer -> answer.complete(null));
        asked.clear();
        return first;
    }

    /** The monitor is gone, perhaps without a report. */
    void lose() {
        if (end()) {
            listener.lost();
        }
        close();
    }

    private void close() {
        try {
            connection.close();
        } catch (IOException e) {
            // It was of no more use.
        }
        synchronized (this) {
            unreachable = true;
            if (discarded != null) {
                discarded.completeExceptionally(new IOException("the monitor is gone"));
            }
        }
    }
}
