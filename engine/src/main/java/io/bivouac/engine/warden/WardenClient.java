package io.bivouac.engine.warden;

import io.bivouac.engine.InternalException;
import io.bivouac.engine.wire.Frame;
import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.WireReader;
import io.bivouac.engine.wire.WireWriter;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Speaks to the warden of a session: one connection for each request. Usable from any thread. */
public final class WardenClient {
    private final UnixDomainSocketAddress address;

    public WardenClient(Path socket) {
        this.address = UnixDomainSocketAddress.of(socket);
    }

    /**
     * A container that was started.
     *
     * @param pid of its first process in the session's PID namespace
     * @param ports of the host, in the order of the publications
     * @param connection on which the monitor reports
     */
    public record Launched(int pid, List<Integer> ports, SocketChannel connection) {}

    /** Starts a container; returns when its command is being executed. */
    public Launched launch(LaunchPlan plan) throws WardenException {
        WardenConnection connection = open(plan.encode());
        try {
            Frame answer = connection.expect(FrameType.LAUNCHED);
            WireReader reader = answer.reader();
            int pid = reader.takeInt();
            int count = reader.takeInt();
            List<Integer> ports = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                ports.add(reader.takeInt());
            }
            reader.finish();
            return new Launched(pid, ports, connection.channel());
        } catch (WardenException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** Starts a command in a container; returns when it is being executed. */
    public ExecConnection exec(ExecPlan plan) throws WardenException {
        WardenConnection connection = open(Requests.exec(plan));
        try {
            connection.expect(FrameType.STARTED);
            return new ExecConnection(connection);
        } catch (WardenException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    public void signal(String id, int signal) throws WardenException {
        request(Requests.signal(id, signal));
    }

    /** Kills a container and removes its folder and groups; what does not exist is no failure. */
    public void discard(String id, List<String> folders, List<CgroupPath> cgroups) throws WardenException {
        request(Requests.discard(id, folders, cgroups));
    }

    /** Removes folders of the store, which may hold files of mapped ids. */
    public void remove(List<Path> folders) throws WardenException {
        request(Requests.remove(folders.stream().map(Path::toString).toList()));
    }

    public void freeze(boolean freeze, List<Freezing> containers) throws WardenException {
        request(Requests.freeze(freeze, containers));
    }

    /** Waits, until the connection is closed, for a listening TCP socket inside the container. */
    public WardenConnection awaitPort(String id, int port, String address) {
        return open(Requests.awaitPort(id, port, address));
    }

    /** Reads a tree as a stream. */
    public TreeConnection readTree(TreePlan plan) {
        return new TreeConnection(open(Requests.tree(FrameType.TREE_READ, plan)));
    }

    /** Reads a tree into the record file that the plan names. */
    public void readTreeToFile(TreePlan plan) throws WardenException {
        request(Requests.tree(FrameType.TREE_READ, plan));
    }

    /** Begins to write a tree. */
    public TreeConnection writeTree(TreePlan plan) {
        return new TreeConnection(open(Requests.tree(FrameType.TREE_WRITE, plan)));
    }

    private void request(WireWriter request) throws WardenException {
        try (WardenConnection connection = open(request)) {
            connection.expect(FrameType.OK);
        }
    }

    private WardenConnection open(WireWriter request) {
        SocketChannel channel = null;
        try {
            channel = SocketChannel.open(address);
            WardenConnection connection = new WardenConnection(channel);
            connection.send(request);
            return connection;
        } catch (IOException e) {
            close(channel);
            throw lost(e);
        }
    }

    private static void close(@Nullable SocketChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // Nothing was promised on it.
            }
        }
    }

    /** The session is gone, or this thread was interrupted, which closes the channel it waits on. */
    static InternalException lost(IOException cause) {
        if (cause instanceof ClosedByInterruptException) {
            return new InternalException("Interrupted while waiting for the warden.", cause);
        }
        return new InternalException(
                "The session has ended: its warden cannot be reached (" + cause.getMessage()
                        + "). Its processes were killed, or this host ran out of memory.",
                cause);
    }
}
