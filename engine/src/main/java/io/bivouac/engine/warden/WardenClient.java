package io.bivouac.engine.warden;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.InterruptionException;
import io.bivouac.engine.io.Uninterrupted;
import io.bivouac.engine.wire.Frame;
import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.ProtocolException;
import io.bivouac.engine.wire.WireWriter;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Speaks to the warden of a session: one connection for each request. Usable from any thread. */
public final class WardenClient {
    private final UnixDomainSocketAddress address;

    public WardenClient(Path socket) {
        this.address = UnixDomainSocketAddress.of(socket);
    }

    /**
     * Loads what the JDK needs for its first unix-domain socket, the security providers among it: some 10 ms, better spent beside
     * the start of a session than after it.
     */
    public static void prepare() {
        try {
            SocketChannel.open(StandardProtocolFamily.UNIX).close();
        } catch (IOException | UnsupportedOperationException e) {
            // Whoever needs a socket will say so.
        }
    }

    /** Starts a container again. */
    public Launch launch() {
        return new Launch(this, connect(), Optional.empty());
    }

    /** Says that a container will be created: the warden makes what it is expected to need while the caller plans. */
    public Launch announce(Announcement announced) {
        return new Launch(this, open(Requests.announcement(announced)), Optional.of(announced));
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

    /**
     * Kills a container and removes its folder and groups; what does not exist is no failure.
     *
     * @param monitor of its last run, which is asked to do it: it is there and knows the container
     */
    public void discard(Optional<Monitor> monitor, String id, List<String> folders, List<CgroupPlan> cgroups)
            throws WardenException {
        WireWriter request = Requests.discard(id, folders, cgroups);
        if (monitor.isEmpty() || !monitor.get().discard(request)) {
            request(request);
        }
    }

    /** Removes folders of the store, which may hold files of mapped ids. */
    public void remove(List<Path> folders) throws WardenException {
        request(Requests.remove(folders.stream().map(Path::toString).toList()));
    }

    /** Makes containers stand still, all or none. One that is interrupted leaves none frozen. */
    public void freeze(List<Freezing> containers) throws WardenException {
        try {
            request(Requests.freeze(true, containers));
        } catch (InterruptionException e) {
            try {
                thaw(containers);
            } catch (WardenException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /** Lets them go on, whether or not this thread was interrupted. */
    public void thaw(List<Freezing> containers) throws WardenException {
        Uninterrupted.run(() -> request(Requests.freeze(false, containers)));
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
        WardenConnection connection = connect();
        try {
            connection.send(request);
            return connection;
        } catch (IOException e) {
            IOException cause = reason(connection, e);
            connection.close();
            throw lost(cause);
        }
    }

    /** Whoever could not be served was told why before the warden hung up. */
    private static IOException reason(WardenConnection connection, IOException failure) {
        try {
            Frame frame = connection.next();
            return frame.type() == FrameType.FAILED
                    ? new IOException(new WardenException(WardenFailure.decode(frame.reader())).getMessage(), failure)
                    : failure;
        } catch (IOException | ProtocolException e) {
            return failure;
        }
    }

    private WardenConnection connect() {
        try {
            return new WardenConnection(SocketChannel.open(address));
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** The session is gone, or this thread was interrupted, which closes the channel it waits on. */
    static BivouacException lost(IOException cause) {
        if (cause instanceof ClosedByInterruptException) {
            return new InterruptionException("Waiting for the warden ended", cause);
        }
        return new WardenLostException("The warden cannot be reached (" + cause.getMessage() + ").", cause);
    }
}
