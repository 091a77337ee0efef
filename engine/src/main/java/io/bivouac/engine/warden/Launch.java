package io.bivouac.engine.warden;

import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.WireReader;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The start of one container. Closed before it has started, it leaves nothing behind once the warden has heard of it; afterwards that
 * changes nothing.
 */
public final class Launch implements AutoCloseable {
    /** The length of a phase's name, its end, a time. */
    private static final int MINIMAL_MARK = 13;

    private final WardenClient warden;
    private final WardenConnection connection;
    private final Optional<Announcement> announced;
    /** Whether the warden still has to say that it has made what an announced start needs. */
    private boolean preparing;

    private boolean started;

    Launch(WardenClient warden, WardenConnection connection, Optional<Announcement> announced) {
        this.warden = warden;
        this.connection = connection;
        this.announced = announced;
        this.preparing = announced.isPresent();
    }

    /** As what a container was announced; empty where one is started again. */
    public Optional<Announcement> announced() {
        return announced;
    }

    /**
     * A container that was started.
     *
     * @param pid of its first process in the session's PID namespace
     * @param ports of the host, in the order of the publications
     * @param marks of its phases, where the plan asked for them
     * @param connection on which the monitor reports
     */
    public record Started(int pid, List<Integer> ports, List<Mark> marks, SocketChannel connection) {}

    /**
     * The end of a phase.
     *
     * @param nanos as {@link System#nanoTime()} counts
     */
    public record Mark(String phase, long nanos) {}

    /** Whether it is a start by this warden. */
    public boolean isBy(WardenClient other) {
        return warden == other;
    }

    /** Whether the process that will carry it out is still there and has not failed, as far as it has told. */
    public boolean isWaiting() {
        if (preparing) {
            WardenConnection.Arrival arrival = connection.look(FrameType.OK);
            preparing = arrival == WardenConnection.Arrival.NOTHING;
            return arrival == WardenConnection.Arrival.NOTHING
                    || (arrival == WardenConnection.Arrival.EXPECTED && connection.isQuiet());
        }
        return connection.isQuiet();
    }

    /** Starts the container; returns when its command is being executed. */
    public Started start(LaunchPlan plan) throws WardenException {
        try {
            connection.send(plan.encode());
            if (!isPrepared()) {
                return warden.launch().start(plan);
            }
            WireReader reader = connection.expect(FrameType.LAUNCHED).reader();
            int pid = reader.takeInt();
            List<Integer> ports = takePorts(reader);
            List<Mark> marks = takeMarks(reader);
            reader.finish();
            started = true;
            return new Started(pid, ports, marks, connection.channel());
        } catch (IOException e) {
            throw WardenClient.lost(e);
        } finally {
            // At once: whoever discards it next must know that no container will come.
            close();
        }
    }

    /** What could not be made ahead may be made now. */
    private boolean isPrepared() {
        try {
            if (preparing) {
                connection.expect(FrameType.OK);
                preparing = false;
            }
            return true;
        } catch (WardenException e) {
            return false;
        }
    }

    static List<Integer> takePorts(WireReader reader) {
        List<Integer> ports = new ArrayList<>();
        for (int left = reader.takeCount(Integer.BYTES); left > 0; left--) {
            ports.add(reader.takeInt());
        }
        return ports;
    }

    static List<Mark> takeMarks(WireReader reader) {
        List<Mark> marks = new ArrayList<>();
        for (int left = reader.takeCount(MINIMAL_MARK); left > 0; left--) {
            marks.add(new Mark(reader.takeText(), reader.takeLong()));
        }
        return marks;
    }

    @Override
    public void close() {
        if (!started) {
            connection.close();
        }
    }
}
