package io.bivouac.engine.warden;

import io.bivouac.engine.InternalException;
import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Reads the reports of all monitors on one thread. */
public final class MonitorEvents implements AutoCloseable {
    private final Selector selector;
    private final Queue<Monitor> registrations = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;

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
    public Monitor register(SocketChannel connection, MonitorListener listener) {
        Monitor monitor = new Monitor(connection, listener);
        try {
            // From now on: a thread that is interrupted would close it by writing.
            connection.configureBlocking(false);
        } catch (IOException e) {
            monitor.lose();
            return monitor;
        }
        registrations.add(monitor);
        if (closed) {
            loseRegistrations();
        } else {
            selector.wakeup();
        }
        return monitor;
    }

    private void run() {
        try {
            while (!closed) {
                selector.select(MonitorEvents::read);
                for (Monitor next; (next = registrations.poll()) != null; ) {
                    watch(next);
                }
            }
        } catch (IOException e) {
            // The JVM is out of descriptors.
        } finally {
            end();
        }
    }

    private void end() {
        closed = true;
        selector.keys().forEach(key -> ((Monitor) key.attachment()).lose());
        loseRegistrations();
        try {
            selector.close();
        } catch (IOException e) {
            // The kernel closes what is left.
        }
    }

    private void loseRegistrations() {
        for (Monitor next; (next = registrations.poll()) != null; ) {
            next.lose();
        }
    }

    private void watch(Monitor monitor) {
        try {
            monitor.connection().register(selector, SelectionKey.OP_READ, monitor);
        } catch (IOException e) {
            monitor.lose();
        }
    }

    private static void read(SelectionKey key) {
        Monitor monitor = (Monitor) key.attachment();
        try {
            if (!monitor.read()) {
                key.cancel();
            }
        } catch (CancelledKeyException e) {
            monitor.lose();
        }
    }

    /** Ends the thread; listeners of monitors that still report hear that they are lost. */
    @Override
    public void close() {
        closed = true;
        selector.wakeup();
    }
}
