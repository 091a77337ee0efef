package io.bivouac.engine.core;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.HostException;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.InterruptionException;
import io.bivouac.engine.cgroup.CgroupHost;
import io.bivouac.engine.cgroup.Cgroups;
import io.bivouac.engine.io.RandomNames;
import io.bivouac.engine.store.StoreLayout;
import io.bivouac.engine.warden.FailureTranslation;
import io.bivouac.engine.warden.IdMapping;
import io.bivouac.engine.warden.Launch;
import io.bivouac.engine.warden.MonitorEvents;
import io.bivouac.engine.warden.SessionPlan;
import io.bivouac.engine.warden.WardenBinary;
import io.bivouac.engine.warden.WardenClient;
import io.bivouac.engine.warden.WardenException;
import io.bivouac.engine.warden.WardenLostException;
import io.bivouac.engine.warden.WardenProcess;
import io.bivouac.engine.wire.ProtocolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The session of an engine, started when it is first needed and anew when it was killed. */
final class Sessions implements AutoCloseable {
    private static final String ATTEMPT = "Starting a session failed";
    private static final int ID_BYTES = 6;
    private static final int SHORT_FOLDER = 64;

    private final StoreLayout layout;
    private final IdMapping mapping;
    private final CgroupHost cgroupHost;
    private final LaunchPlanner planner;
    private final Consumer<Session> onStart;
    private @Nullable CompletableFuture<Session> current;
    private boolean closed;

    /**
     * @param onStart is called with each session that has started
     */
    Sessions(
            StoreLayout layout,
            IdMapping mapping,
            CgroupHost cgroupHost,
            LaunchPlanner planner,
            Consumer<Session> onStart) {
        this.layout = layout;
        this.mapping = mapping;
        this.cgroupHost = cgroupHost;
        this.planner = planner;
        this.onStart = onStart;
    }

    /** Begins to start a session, unless there is one: it starts while the caller goes on. */
    boolean prepare() {
        return begin().isDone();
    }

    private synchronized CompletableFuture<Session> begin() {
        if (closed) {
            throw closed(null);
        }
        if (current == null || isDead(current)) {
            CompletableFuture<Session> starting = new CompletableFuture<>();
            Thread thread = new Thread(() -> start(starting), "bivouac-session");
            thread.setDaemon(true);
            thread.start();
            current = starting;
        }
        return current;
    }

    static ConfigurationException closed(@Nullable Throwable cause) {
        return new ConfigurationException("The engine is closed: open a new one.", cause);
    }

    private static boolean isDead(CompletableFuture<Session> session) {
        return session.isCompletedExceptionally()
                || (session.isDone() && !session.join().isAlive());
    }

    /** The session; waits until it has started. */
    Session get() {
        try {
            return begin().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptionException("Waiting for a session ended", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof BivouacException failure) {
                throw failure;
            }
            throw new InternalException(ATTEMPT + ": " + e.getCause() + ".", e.getCause());
        }
    }

    /** The session that runs now, if any. */
    synchronized Optional<Session> running() {
        return current != null && current.isDone() && !isDead(current) ? Optional.of(current.join()) : Optional.empty();
    }

    /** Announces a start to the session that runs now, if any; whoever needs one that has come to its end will say so. */
    Optional<Launch> announce() {
        try {
            return running().map(session -> session.nextLaunch().take());
        } catch (WardenLostException e) {
            return Optional.empty();
        }
    }

    private void start(CompletableFuture<Session> starting) {
        try {
            Session session = start();
            starting.complete(session);
            onStart.accept(session);
        } catch (WardenException e) {
            starting.completeExceptionally(FailureTranslation.translate(ATTEMPT, e));
        } catch (IOException e) {
            starting.completeExceptionally(new HostException(ATTEMPT + ": " + e.getMessage() + ".", e));
        } catch (WardenLostException | ProtocolException e) {
            starting.completeExceptionally(Attempts.unanswered(ATTEMPT, e));
        } catch (RuntimeException | Error e) {
            starting.completeExceptionally(e);
        }
    }

    private Session start() throws IOException, WardenException {
        String id = RandomNames.hex(ID_BYTES);
        Cgroups cgroups = Cgroups.of(cgroupHost, id);
        Path binary = WardenBinary.unpack(layout.binaries());
        SessionPlan plan = new SessionPlan(
                layout.sessions(),
                layout.layers(),
                id,
                socketFolder().resolve("bivouac-" + id).resolve("s"),
                mapping,
                cgroups.session());
        WardenProcess process = WardenProcess.start(binary, plan);
        return new Session(process, new WardenClient(plan.socket()), new MonitorEvents(), planner, cgroups);
    }

    /** A folder with a short path: a socket's holds 107 bytes. */
    private static Path socketFolder() {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        if (runtime != null && runtime.startsWith("/") && runtime.length() <= SHORT_FOLDER) {
            Path folder = Path.of(runtime);
            if (Files.isDirectory(folder) && Files.isWritable(folder)) {
                return folder;
            }
        }
        return Path.of("/tmp");
    }

    @Override
    public void close() {
        CompletableFuture<Session> last;
        synchronized (this) {
            closed = true;
            last = current;
        }
        if (last != null) {
            last.handle((session, failure) -> session == null ? Optional.<Session>empty() : Optional.of(session))
                    .join()
                    .ifPresent(Session::close);
        }
    }
}
