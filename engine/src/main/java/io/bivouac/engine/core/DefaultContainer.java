package io.bivouac.engine.core;

import io.bivouac.engine.Change;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.ExecResult;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.ExitStatus;
import io.bivouac.engine.Image;
import io.bivouac.engine.LogLine;
import io.bivouac.engine.Wait;
import io.bivouac.engine.network.ContainerNetwork;
import io.bivouac.engine.wait.Readiness;
import io.bivouac.engine.warden.ExecConnection;
import io.bivouac.engine.warden.ExecPlan;
import io.bivouac.engine.warden.WardenClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** The handle of a container. */
final class DefaultContainer implements Container {
    private final EngineContext context;
    private final ContainerRun run;
    private final ContainerFiles files;
    private final Consumer<DefaultContainer> onClose;

    DefaultContainer(EngineContext context, ContainerRun run, Consumer<DefaultContainer> onClose) {
        this.context = context;
        this.run = run;
        this.files = new ContainerFiles(context, run);
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
        run.requireOpen();
        String attempt = "Running " + exec.command() + " in the " + describe() + " failed";
        if (state() != ContainerState.RUNNING) {
            throw new ContainerException(attempt + ": it is " + state() + ".");
        }
        ExecConnection connection = Attempts.call(attempt, () -> {
            WardenClient warden = run.warden();
            String user =
                    exec.user().orElse(spec().user().orElse(run.image().config().user()));
            boolean ownUser = exec.user().isEmpty() || !LaunchPlanner.needsAccounts(user, exec.env());
            // The image's accounts are known; those the container may have added meanwhile are read when they are asked
            // for.
            Accounts accounts =
                    ownUser ? context.accounts.ofImage(run.image(), warden) : AccountsReader.ofContainer(id(), warden);
            ExecPlan plan = context.planner.exec(
                    id(), spec(), run.image(), accounts, run.session().cgroups(), exec);
            return warden.exec(plan);
        });
        try (connection) {
            return new ExecRunner(exec, "the " + describe(), context.threads).run(connection);
        }
    }

    @Override
    public String logs() {
        run.requireOpen();
        return run.logs().text();
    }

    @Override
    public AutoCloseable follow(Consumer<LogLine> consumer) {
        run.requireOpen();
        return run.logs().follow(consumer);
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
    public ExitStatus waitForExit(Duration timeout) {
        return run.waitForExit(timeout);
    }

    @Override
    public void close() {
        if (run.discard()) {
            onClose.accept(this);
        }
    }

    @Override
    public String toString() {
        return describe() + " " + state();
    }
}
