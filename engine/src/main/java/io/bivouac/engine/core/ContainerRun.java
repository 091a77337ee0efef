package io.bivouac.engine.core;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.ExitStatus;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.InterruptionException;
import io.bivouac.engine.health.HealthMonitor;
import io.bivouac.engine.io.Uninterrupted;
import io.bivouac.engine.lsm.ContainerLabels;
import io.bivouac.engine.store.StoredImage;
import io.bivouac.engine.warden.Announcement;
import io.bivouac.engine.warden.CgroupPath;
import io.bivouac.engine.warden.CgroupPlan;
import io.bivouac.engine.warden.ExitReport;
import io.bivouac.engine.warden.Freezing;
import io.bivouac.engine.warden.Launch;
import io.bivouac.engine.warden.LaunchPlan;
import io.bivouac.engine.warden.Monitor;
import io.bivouac.engine.warden.MonitorListener;
import io.bivouac.engine.warden.Signals;
import io.bivouac.engine.warden.WardenClient;
import io.bivouac.engine.warden.WardenException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The life of one container: started, paused, stopped, started again, discarded. */
final class ContainerRun {
    private static final long DRAIN_SECONDS = 10;

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
    private volatile @Nullable Monitor monitor;
    private volatile ContainerGroups groups = ContainerGroups.none();
    private volatile ContainerLabels labels = ContainerLabels.none();
    /** Until it has started, which removes those of them that are not its own. */
    private volatile List<CgroupPlan> madeAhead = List.of();
    /** Null where nothing is checked: such a start loads none of its classes. */
    private final @Nullable HealthMonitor health;

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
        boolean checked =
                spec.healthcheck().isPresent() || image.config().healthcheck().isPresent();
        this.health = checked ? HealthChecks.monitor(this, context) : null;
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

    /** The same once it holds all that the container has written until now. */
    ContainerLogs drainedLogs() {
        Monitor current = monitor;
        if (current != null) {
            try {
                current.drained().get(DRAIN_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException e) {
                // A disk that takes so long holds up the log too: what is there is the log.
            }
        }
        return logs;
    }

    Session session() {
        return session;
    }

    /** What security modules are told about it. */
    ContainerLabels labels() {
        return labels;
    }

    /** What checks it; empty where nothing does. */
    Optional<HealthMonitor> health() {
        return Optional.ofNullable(health);
    }

    /** Has no checks made until they are released for the same reason. */
    void holdChecks(Object reason) {
        if (health != null) {
            health.hold(reason);
        }
    }

    void releaseChecks(Object reason) {
        if (health != null) {
            health.release(reason);
        }
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

    /** Launches for the first time; returns when the command is being executed. */
    void launch(LaunchPlanner.Draft draft, Optional<Launch> announced, StartTrace trace) {
        Attempts.run("Starting the " + describe() + " failed", () -> {
            Optional<Launch> ours = announced.filter(launch -> launch.isBy(warden()));
            if (ours.isPresent()) {
                madeAhead = ours.get().announced().map(Announcement::cgroups).orElse(List.of());
                launch(ours.get(), draft, true, trace);
                madeAhead = List.of();
            } else {
                try (Launch launch = warden().launch()) {
                    launch(launch, draft, true, trace);
                }
            }
        });
    }

    /** Launches what has ended; users may have been added meanwhile. */
    private void launchAgain() {
        Monitor last = monitor;
        if (last != null) {
            last.hangUp();
        }
        Attempts.run("Starting the " + describe() + " failed", () -> {
            Accounts accounts = AccountsReader.ofContainer(id, warden());
            try (Launch launch = warden().launch()) {
                launch(launch, context.planner.draft(id, spec, image, accounts), false, StartTrace.none());
            }
        });
    }

    private void launch(Launch launch, LaunchPlanner.Draft draft, boolean create, StartTrace trace)
            throws IOException, WardenException {
        if (create) {
            labels = context.labeller.label(spec);
            groups = ContainerGroups.of(session.cgroups(), LaunchPlanner.folder(id), spec, context, session.folder());
        }
        LaunchPlan plan = context.planner.launch(this, draft, create, trace.wanted());
        trace.mark("plan");
        CompletableFuture<ExitStatus> ended = new CompletableFuture<>();
        Launch.Started launched = launch.start(plan);
        trace.addAll(launched.marks());
        trace.mark("answer");
        exit = ended;
        state = ContainerState.RUNNING;
        logs.beginRun();
        if (create) {
            ports = published(plan, launched.ports());
        }
        if (health != null) {
            health.begin();
        }
        monitor = session.events().register(launched.connection(), new Listener(ended));
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
            endChecks();
            logs.end();
        }
    }

    private void endChecks() {
        if (health != null) {
            health.end();
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
            // Of one that is asked to end they would say nothing but that it does.
            holdChecks(transition);
            if (signalIfRunning("Stopping", stopSignal()) && !endsWithin(spec.stopTimeout())) {
                kill();
            }
        } finally {
            releaseChecks(transition);
            transition.unlock();
        }
    }

    /** What an image calls a signal and is none means the usual one, as it does for Docker. */
    private int stopSignal() {
        return spec.stopSignal()
                .map(Signals::number)
                .or(() -> image.config().stopSignal().flatMap(Signals::find))
                .orElseGet(() -> Signals.number("SIGTERM"));
    }

    void kill() {
        transition.lock();
        try {
            requireOpen();
            if (!exit.isDone()) {
                thaw();
                signalIfRunning("Killing", Signals.number("SIGKILL"));
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

    private boolean signalIfRunning(String attempt, int number) {
        try {
            warden().signal(id, number);
            return true;
        } catch (WardenException e) {
            // It ended by itself meanwhile: the report is on its way.
            return !exit.isDone();
        } catch (InterruptionException e) {
            throw new InterruptionException(attempt + " the " + describe() + " ended", e);
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
            throw interrupted("Stopping the " + describe() + " ended", e);
        }
    }

    private static InterruptionException interrupted(String attempt, InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new InterruptionException(attempt, cause);
    }

    void restart() {
        transition.lock();
        try {
            stop();
            launchAgain();
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
            holdChecks(this);
            try {
                Attempts.run("Pausing the " + describe() + " failed", () -> warden().freeze(List.of(freezing())));
                state = ContainerState.PAUSED;
            } finally {
                if (state != ContainerState.PAUSED) {
                    releaseChecks(this);
                }
            }
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
            Attempts.run("Resuming the " + describe() + " failed", () -> warden().thaw(List.of(freezing())));
            if (state == ContainerState.PAUSED) {
                state = ContainerState.RUNNING;
            }
            releaseChecks(this);
        } finally {
            transition.unlock();
        }
    }

    Freezing freezing() {
        return new Freezing(id, freezer());
    }

    private Optional<CgroupPath> freezer() {
        return groups.freezer();
    }

    /** Made with the first start. */
    ContainerGroups groups() {
        return groups;
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
            throw interrupted("Waiting for the end of the " + describe() + " ended", e);
        } catch (ExecutionException e) {
            if (session.isClosed()) {
                throw new ConfigurationException("The " + describe() + " was closed while its end was waited for.", e);
            }
            throw new InternalException("The " + describe() + " is lost: its session was killed.", e.getCause());
        }
    }

    /** Kills and removes everything, once. What cannot be reached any more is swept by the next session. */
    void discard() {
        transition.lock();
        try {
            if (state == ContainerState.CLOSED) {
                return;
            }
            state = ContainerState.CLOSED;
            endChecks();
            if (session.isAlive()) {
                Uninterrupted.run(
                        () -> Attempts.run("Discarding the " + describe() + " failed", this::discardInSession));
            }
            giveLabelsBack();
        } finally {
            transition.unlock();
        }
    }

    private void giveLabelsBack() {
        Attempts.run("Discarding the " + describe() + " failed", labels::close);
    }

    private void discardInSession() throws IOException, WardenException {
        try {
            List<CgroupPlan> plans = new ArrayList<>(groups.plans());
            plans.addAll(madeAhead);
            warden().discard(Optional.ofNullable(monitor), id, List.of(folder.toString()), plans);
        } catch (InternalException e) {
            // Its end, or that of its engine, ends its containers too.
            if (!session.isEnding()) {
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
