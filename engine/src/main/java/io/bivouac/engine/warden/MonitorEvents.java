package io.bivouac.engine.warden;

import io.bivouac.engine.InternalException;
import io.bivouac.engine.wire.Frame;
import io.bivouac.engine.wire.ProtocolException;
import io.bivouac.engine.wire.WireReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Reads the reports of all monitors on one thread. */
public final class MonitorEvents implements AutoCloseable {
    /** Reports are small; a monitor that sends more is out of its mind. */
    private static final int BUFFER = 4096;

    private final Selector selector;
    private final Queue<Registration> registrations = new ConcurrentLinkedQueue<>();

    private record Registration(SocketChannel connection, MonitorListener listener) {}

    private record Attachment(ByteBuffer buffer, MonitorListener listener) {}

    public MonitorEvents() {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new InternalException("No selector could be opened: " + e.getMessage() + ".", e);
        }
        Thread thread = new Thread(this::run, "bivouac-events");
        thread.setDaemon(true);
        thread.start();
    }

    /** Takes over a connection: it is closed when the monitor hangs up. */
    public void register(SocketChannel connection, MonitorListener listener) {
        registrations.add(new Registration(connection, listener));
        selector.wakeup();
    }

    private void run() {
        try {
            while (selector.isOpen()) {
                selector.select(this::read);
                for (Registration next; (next = registrations.poll()) != null; ) {
                    register(next);
                }
            }
        } catch (IOException | ClosedSelectorException e) {
            // Closed, or the JVM is out of descriptors: nobody is told anything any more.
        }
    }

    private void register(Registration registration) {
        try {
            registration.connection.configureBlocking(false);
            Attachment attachment = new Attachment(ByteBuffer.allocate(BUFFER), registration.listener);
            registration.connection.register(selector, SelectionKey.OP_READ, attachment);
        } catch (IOException e) {
            registration.listener.lost();
        }
    }

    private void read(SelectionKey key) {
        SocketChannel connection = (SocketChannel) key.channel();
        Attachment attachment = (Attachment) key.attachment();
        try {
            int count = connection.read(attachment.buffer);
            boolean ended = dispatch(attachment);
            if (ended || count < 0) {
                close(key);
                if (!ended) {
                    attachment.listener.lost();
                }
            }
        } catch (IOException | ProtocolException | CancelledKeyException e) {
            close(key);
            attachment.listener.lost();
        }
    }

    /** True once the end was reported. */
    private static boolean dispatch(Attachment attachment) {
        ByteBuffer buffer = attachment.buffer.flip();
        boolean ended = false;
        for (var frame = Frame.poll(buffer); frame.isPresent(); frame = Frame.poll(buffer)) {
            WireReader reader = frame.get().reader();
            switch (frame.get().type()) {
                case LOGGED -> attachment.listener.logged(reader.takeLong(), reader.takeLong());
                case EXITED -> {
                    attachment.listener.exited(ExitReport.decode(reader));
                    ended = true;
                }
                default ->
                    throw new ProtocolException("a frame of type " + frame.get().type() + " from a monitor");
            }
        }
        buffer.compact();
        return ended;
    }

    private static void close(SelectionKey key) {
        key.cancel();
        try {
            key.channel().close();
        } catch (IOException e) {
            // It was of no more use.
        }
    }

    @Override
    public void close() {
        try {
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException e) {
            // The kernel closes what is left.
        }
    }
}
