package io.bivouac.engine.core;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.ExitStatus;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.store.StoredImage;
import io.bivouac.engine.warden.CgroupPath;
import io.bivouac.engine.warden.ExitReport;
import io.bivouac.engine.warden.Freezing;
import io.bivouac.engine.warden.LaunchPlan;
import io.bivouac.engine.warden.MonitorListener;
import io.bivouac.engine.warden.Signals;
import io.bivouac.engine.warden.WardenClient;
import io.bivouac.engine.warden.WardenException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/** The life of one container: started, paused, stopped, started again, discarded. */
final class ContainerRun {
    private final EngineContext context;
    private final Session session;
    private final String id;
    private final String name;
    private final ContainerSpec spec;
    private final StoredImage image;
    private final ContainerLogs logs;
    private final Path folder;
    /** Held by whoever changes the state. */
    private final ReentrantLock transition = new ReentrantLock();

    private volatile Map<Integer, Integer> ports = Map.of();
    private volatile CompletableFuture<ExitStatus> exit = new CompletableFuture<>();
    private volatile ContainerState state = ContainerState.EXITED;

    ContainerRun(
            EngineContext context, Session session, String id, String name, ContainerSpec spec, StoredImage image) {
        this.context = context;
        this.session = session;
        this.id = id;
        this.name = name;
        this.spec = spec;
        this.image = image;
        this.folder = session.folder().resolve(LaunchPlanner.folder(id));
        this.logs = new ContainerLogs(folder.resolve("logs"), context.threads);
    }

    String id() {
        return id;
    }

    String name() {
        return name;
    }

    ContainerSpec spec() {
        return spec;
    }

    StoredImage image() {
        return image;
    }

    ContainerLogs logs() {
        return logs;
    }

    Session session() {
        return session;
    }

    /** The container's own folder on the host. */
    Path folder() {
        return folder;
    }

    ContainerState state() {
        return state;
    }

    /** {@code container db (image postgres:15)}. */
    String describe() {
        return "container " + name + " (image " + spec.image() + ")";
    }

    WardenClient warden() {
        return session.client();
    }

    int port(int containerPort) {
        Integer port = ports.get(containerPort);
        if (port == null) {
            throw new ConfigurationException("Port " + containerPort + " of " + describe() + " is not published"
                    + (ports.isEmpty() ? "" : "; published are " + ports.keySet()) + ". Publish it with withPorts("
                    + containerPort
                    + ").");
        }
        return port;
    }

    Map<Integer, Integer> ports() {
        return ports;
    }

    /** Completes when the first process has ended. */
    CompletableFuture<ExitStatus> exit() {
        return exit;
    }

    /** Launches, for the first time or again; returns when the command is being executed. */
    void launch(boolean create) {
        Attempts.run("Starting the " + describe() + " failed", () -> {
            WardenClient warden = warden();
            Accounts accounts =
                    create ? context.accounts.ofImage(image, warden) : AccountsReader.ofContainer(id, warden);
            LaunchPlan plan = context.planner.launch(id, spec, image, accounts, session.cgroups(), create);
            CompletableFuture<ExitStatus> ended = new CompletableFuture<>();
            WardenClient.Launched launched = warden.launch(plan);
            exit = ended;
            state = ContainerState.RUNNING;
            logs.beginRun();
            if (create) {
                ports = published(plan, launched.ports());
            }
            session.events().register(launched.connection(), new Listener(ended));
        });
    }

    private static Map<Integer, Integer> published(LaunchPlan plan, List<Integer> hostPorts) {
        Map<Integer, Integer> ports = new LinkedHashMap<>();
        List<LaunchPlan.Publication> publications = plan.network().publications();
        for (int i = 0; i < publications.size(); i++) {
            ports.put(publications.get(i).containerPort(), hostPorts.get(i));
        }
        return ports;
    }

    /** Hears one run of the container. */
    private final class Listener implements MonitorListener {
        private final CompletableFuture<ExitStatus> ended;

        private Listener(CompletableFuture<ExitStatus> ended) {
            this.ended = ended;
        }

        @Override
        public void logged(long end, long lost) {
            logs.advance(end, lost);
        }

        @Override
        public void exited(ExitReport report) {
            endOfRun();
            ended.complete(report);
        }

        @Override
        public void lost() {
            endOfRun();
            ended.completeExceptionally(new InternalException(
                    "The " + describe() + " is lost: its session was killed, or this host ran out of memory."));
        }

        private void endOfRun() {
            if (state != ContainerState.CLOSED) {
                state = ContainerState.EXITED;
            }
            logs.end();
        }
    }

    void signal(String signal) {
        int number = Signals.number(signal);
        requireOpen();
        Attempts.run("Signalling the " + describe() + " failed", () -> warden().signal(id, number));
    }

    /** Asks, waits, kills. */
    void stop() {
        transition.lock();
        try {
            requireOpen();
            if (exit.isDone()) {
                return;
            }
            thaw();
            String signal =
                    spec.stopSignal().or(() -> image.config().stopSignal()).orElse("SIGTERM");
            if (signalIfRunning(Signals.number(signal)) && !endsWithin(spec.stopTimeout())) {
                kill();
            }
        } finally {
            transition.unlock();
        }
    }

    void kill() {
        transition.lock();
        try {
            requireOpen();
            if (!exit.isDone()) {
                thaw();
                signalIfRunning(Signals.number("SIGKILL"));
                exit.handle((status, failure) -> status).join();
            }
        } finally {
            transition.unlock();
        }
    }

    /** A frozen process of the v1 hierarchy dies only when it is thawed. */
    private void thaw() {
        if (state == ContainerState.PAUSED) {
            resume();
        }
    }

    private boolean signalIfRunning(int number) {
        try {
            warden().signal(id, number);
            return true;
        } catch (WardenException e) {
            // It ended by itself meanwhile: the report is on its way.
            return !exit.isDone();
        }
    }

    private boolean endsWithin(Duration limit) {
        try {
            exit.get(limit.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    void restart() {
        transition.lock();
        try {
            stop();
            launch(false);
        } finally {
            transition.unlock();
        }
    }

    void pause() {
        transition.lock();
        try {
            requireOpen();
            if (state != ContainerState.RUNNING) {
                throw new ContainerException("The " + describe() + " cannot be paused: it is " + state + ".");
            }
            Attempts.run("Pausing the " + describe() + " failed", () -> warden().freeze(true, List.of(freezing())));
            state = ContainerState.PAUSED;
        } finally {
            transition.unlock();
        }
    }

    void resume() {
        transition.lock();
        try {
            requireOpen();
            if (state != ContainerState.PAUSED) {
                throw new ContainerException("The " + describe() + " cannot be resumed: it is " + state + ".");
            }
            Attempts.run("Resuming the " + describe() + " failed", () -> warden().freeze(false, List.of(freezing())));
            if (state == ContainerState.PAUSED) {
                state = ContainerState.RUNNING;
            }
        } finally {
            transition.unlock();
        }
    }

    Freezing freezing() {
        return new Freezing(id, freezer());
    }

    private Optional<CgroupPath> freezer() {
        return session.cgroups().container(LaunchPlanner.folder(id));
    }

    /** Whether everything of the container can be made to stand still at one instant. */
    boolean freezesExactly() {
        return state != ContainerState.RUNNING || freezer().isPresent();
    }

    ExitStatus waitForExit(Duration timeout) {
        requireOpen();
        try {
            return exit.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new ContainerException("The " + describe() + " did not end within " + timeout.toMillis() + " ms.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ContainerException("Interrupted while waiting for the end of the " + describe() + ".", e);
        } catch (ExecutionException e) {
            throw new InternalException("The " + describe() + " is lost: its session was killed.", e.getCause());
        }
    }

    /** Kills and removes everything; true the first time. What cannot be reached any more is swept by the next session. */
    boolean discard() {
        // An interrupted thread could not speak to the warden, and cleaning up is what interruption is for.
        boolean interrupted = Thread.interrupted();
        transition.lock();
        try {
            if (state == ContainerState.CLOSED) {
                return false;
            }
            state = ContainerState.CLOSED;
            if (session.isAlive()) {
                Attempts.run("Discarding the " + describe() + " failed", this::discardInSession);
            }
            return true;
        } finally {
            transition.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void discardInSession() throws IOException, WardenException {
        List<CgroupPath> groups = LaunchPlanner.groups(id, session.cgroups());
        try {
            warden().discard(id, List.of(folder.toString()), groups);
        } catch (InternalException e) {
            if (session.isAlive()) {
                throw e;
            }
        }
    }

    void requireOpen() {
        if (state == ContainerState.CLOSED) {
            throw new ConfigurationException("The " + describe() + " is closed: its user space is gone.");
        }
    }
}
