package io.bivouac.engine.core;

import io.bivouac.engine.Change;
import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.ExecResult;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.ExitStatus;
import io.bivouac.engine.Health;
import io.bivouac.engine.Image;
import io.bivouac.engine.LogLine;
import io.bivouac.engine.Stats;
import io.bivouac.engine.Wait;
import io.bivouac.engine.health.HealthMonitor;
import io.bivouac.engine.network.ContainerNetwork;
import io.bivouac.engine.wait.Readiness;
import io.bivouac.engine.warden.Signals;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The handle of a container. */
final class DefaultContainer implements Container {
    private final EngineContext context;
    private final ContainerRun run;
    private final ContainerFiles files;
    private final ContainerExec commands;
    private final Consumer<DefaultContainer> onClose;

    DefaultContainer(EngineContext context, ContainerRun run, Consumer<DefaultContainer> onClose) {
        this.context = context;
        this.run = run;
        this.files = new ContainerFiles(context, run);
        this.commands = new ContainerExec(context, run);
        this.onClose = onClose;
    }

    ContainerRun run() {
        return run;
    }

    ContainerFiles files() {
        return files;
    }

    String describe() {
        return run.describe();
    }

    /** Throws when the specification asks for what cannot be, before anything of it runs. */
    void requireSense() {
        spec().stopSignal().ifPresent(Signals::number);
        requireHealthcheck();
    }

    /**
     * Throws when health is waited for that nothing finds out. In an order in which a start that waits for something else loads
     * no class that it would not load later.
     */
    private void requireHealthcheck() {
        if (run.health().isPresent()) {
            return;
        }
        for (Wait wait : spec().waits()) {
            boolean other = wait instanceof Wait.Log
                    || wait instanceof Wait.Port
                    || wait instanceof Wait.Command
                    || wait instanceof Wait.Exit;
            if (!other) {
                throw new ConfigurationException(
                        "Starting the " + describe() + " failed: it waits for a healthy check and"
                                + " has no healthcheck. Give it one with withHealthcheck, or wait for something else.");
            }
        }
    }

    /**
     * Returns when every wait holds.
     *
     * @param again whether the user space was started before
     */
    void awaitReady(boolean again) {
        List<Wait> waits = spec().waits();
        if (again) {
            waits = waits.stream()
                    .map(wait -> wait instanceof Wait.Log log ? log.times(1) : wait)
                    .toList();
        }
        if (!waits.isEmpty()) {
            RunWaitTarget target = new RunWaitTarget(
                    run, context.threads, command -> exec(ExecSpec.of(command)).exitCode());
            new Readiness(target).await(waits, spec().startupTimeout());
        }
    }

    @Override
    public String id() {
        return run.id();
    }

    @Override
    public String name() {
        return run.name();
    }

    @Override
    public ContainerSpec spec() {
        return run.spec();
    }

    @Override
    public Image image() {
        return Attempts.call(
                "Describing the image of the " + describe() + " failed", () -> context.images.describe(run.image()));
    }

    @Override
    public ContainerState state() {
        return run.state();
    }

    @Override
    public String host() {
        return ContainerNetwork.PUBLISHED_ADDRESS;
    }

    @Override
    public int port(int containerPort) {
        return run.port(containerPort);
    }

    @Override
    public ExecResult exec(String... command) {
        return exec(ExecSpec.of(command));
    }

    @Override
    public ExecResult exec(ExecSpec exec) {
        return commands.run(exec);
    }

    @Override
    public Optional<Health> health() {
        return run.health().map(HealthMonitor::health);
    }

    @Override
    public String logs() {
        run.requireOpen();
        return run.drainedLogs().text();
    }

    @Override
    public AutoCloseable follow(Consumer<LogLine> consumer) {
        run.requireOpen();
        return run.drainedLogs().follow(consumer);
    }

    @Override
    public void copyTo(Path source, String target) {
        files.copyTo(source, target);
    }

    @Override
    public void copyTo(byte[] content, String target, int mode) {
        files.copyTo(content, target, mode);
    }

    @Override
    public void copyFrom(String source, Path target) {
        files.copyFrom(source, target);
    }

    @Override
    public List<Change> diff() {
        return files.diff();
    }

    @Override
    public Image commit(String reference) {
        return files.commit(this, reference);
    }

    @Override
    public DefaultSnapshot snapshot() {
        return files.snapshot(this);
    }

    @Override
    public void pause() {
        run.pause();
    }

    @Override
    public void resume() {
        run.resume();
    }

    @Override
    public void signal(String name) {
        run.signal(name);
    }

    @Override
    public void stop() {
        run.stop();
    }

    @Override
    public void kill() {
        run.kill();
    }

    @Override
    public void restart() {
        run.restart();
        awaitReady(true);
    }

    @Override
    public Stats stats() {
        run.requireOpen();
        return run.groups().stats();
    }

    @Override
    public ExitStatus waitForExit(Duration timeout) {
        return run.waitForExit(timeout);
    }

    @Override
    public void close() {
        try {
            run.discard();
        } finally {
            onClose.accept(this);
        }
    }

    @Override
    public String toString() {
        return describe() + " " + state();
    }
}
