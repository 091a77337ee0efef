package io.bivouac.engine.core;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.InterruptionException;
import io.bivouac.engine.health.HealthMonitor;
import io.bivouac.engine.health.HealthPlan;
import io.bivouac.engine.health.HealthTarget;
import io.bivouac.engine.warden.WardenException;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Lets the checks of one container be run. */
final class HealthChecks implements HealthTarget {
    /** The code of what was killed: the check alone, or all there is in its container. */
    private static final int KILLED = 137;

    /** How long after the last of its processes the end of a container is told at the latest. */
    private static final long END_SECONDS = 1;

    private final ContainerRun run;
    private final Threads threads;
    private final ContainerExec commands;

    private HealthChecks(ContainerRun run, Threads threads, ContainerExec commands) {
        this.run = run;
        this.threads = threads;
        this.commands = commands;
    }

    /** Not begun; null where nothing is to be checked, which costs no more than to ask. */
    static @Nullable HealthMonitor monitor(ContainerRun run, EngineContext context) {
        return HealthPlan.of(run.spec(), run.image().config())
                .map(plan -> new HealthMonitor(
                        plan, new HealthChecks(run, context.threads, new ContainerExec(context, run))))
                .orElse(null);
    }

    @Override
    public Future<?> schedule(Runnable task, Duration delay) {
        return threads.schedule(task, delay);
    }

    @Override
    public Future<?> submit(Runnable task) {
        return threads.submit(task);
    }

    @Override
    public OptionalInt run(List<String> command, Duration timeout, OutputStream output) {
        try {
            int code = commands.run(ExecSpec.of(command)
                            .withTimeout(timeout)
                            .withStdout(output)
                            .withStderr(output))
                    .exitCode();
            return code == KILLED && endsNow() ? OptionalInt.empty() : OptionalInt.of(code);
        } catch (InternalException | InterruptionException e) {
            // The session is gone, or the check was called off.
            return OptionalInt.empty();
        } catch (BivouacException e) {
            if (run.state() != ContainerState.RUNNING || (mayTellOfAnEnd(e) && endsNow())) {
                return OptionalInt.empty();
            }
            throw e;
        }
    }

    /** Of a container that cannot be entered any more, or of the session: a command is cut off before that is told. */
    private static boolean mayTellOfAnEnd(BivouacException e) {
        return e.getCause() instanceof IOException
                || (e.getCause() instanceof WardenException cause
                        && !cause.failure().is("execute the command"));
    }

    /** Commands in a container are killed before its end is known. */
    private boolean endsNow() {
        if (run.session().isClosed()) {
            return true;
        }
        try {
            run.exit().get(END_SECONDS, TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException e) {
            return run.session().isEnding();
        } catch (ExecutionException e) {
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Instant now() {
        return Instant.now();
    }
}
