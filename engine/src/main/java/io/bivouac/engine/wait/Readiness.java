package io.bivouac.engine.wait;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ExitStatus;
import io.bivouac.engine.Health;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.InterruptionException;
import io.bivouac.engine.Wait;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.pollinterval.FibonacciPollInterval;

/**
 * Waits until a container is ready. Log lines, health and exits are events; ports are watched by the warden; only commands are polled,
 * at intervals that grow from a hundredth of a second.
 */
public final class Readiness {
    private static final int LINES_SHOWN = 20;
    private static final Duration FIRST_POLL = Duration.ofMillis(10);

    private final WaitTarget target;

    public Readiness(WaitTarget target) {
        this.target = target;
    }

    /** Returns when every wait holds; throws {@link ContainerException} when the container ends first or time is up. */
    public void await(List<Wait> waits, Duration startupTimeout) {
        long end = System.nanoTime() + startupTimeout.toNanos();
        for (Wait wait : waits) {
            Duration left = Duration.ofNanos(Math.max(end - System.nanoTime(), 0));
            Duration limit =
                    wait.timeout().filter(own -> own.compareTo(left) < 0).orElse(left);
            Duration shown =
                    wait.timeout().filter(own -> own.compareTo(left) < 0).orElse(startupTimeout);
            await(wait, limit, shown);
        }
    }

    private void await(Wait wait, Duration limit, Duration shown) {
        if (wait instanceof Wait.Log log) {
            awaitLog(log, limit, shown);
        } else if (wait instanceof Wait.Port port) {
            CompletableFuture<Void> listening = target.listening(port.port());
            try {
                awaitOrExit(wait, listening, limit, shown);
            } finally {
                listening.cancel(true);
            }
        } else if (wait instanceof Wait.Command command) {
            awaitCommand(command, limit, shown);
        } else if (wait instanceof Wait.Exit exit) {
            awaitExit(exit, limit, shown);
        } else {
            awaitHealth(wait, limit, shown);
        }
    }

    private void awaitLog(Wait.Log wait, Duration limit, Duration shown) {
        CompletableFuture<Void> found = new CompletableFuture<>();
        AtomicInteger matches = new AtomicInteger();
        AutoCloseable follower = target.follow(line -> {
            // A pattern may end in a newline, as those written for other tools do.
            boolean matching = wait.pattern().matcher(line.text()).find()
                    || wait.pattern().matcher(line.text() + "\n").find();
            if (matching && matches.incrementAndGet() == wait.times()) {
                found.complete(null);
            }
        });
        try {
            awaitOrExit(wait, found, limit, shown);
        } finally {
            close(follower);
        }
    }

    private static void close(AutoCloseable follower) {
        try {
            follower.close();
        } catch (Exception e) {
            throw new InternalException("A log follower could not be closed: " + e.getMessage() + ".", e);
        }
    }

    /** An exit that comes with the condition met is not too early: a job that says it is ready may end at once. */
    private void awaitOrExit(Wait wait, CompletableFuture<?> condition, Duration limit, Duration shown) {
        CompletableFuture<ExitStatus> exit = target.exit();
        get(wait, CompletableFuture.anyOf(condition, exit), limit, shown);
        if (!condition.isDone() || condition.isCompletedExceptionally()) {
            if (exit.isDone()) {
                throw exited(exit.join());
            }
            get(wait, condition, limit, shown);
        }
    }

    private void awaitHealth(Wait wait, Duration limit, Duration shown) {
        CompletableFuture<Health> settled = target.settled();
        awaitOrExit(wait, settled, limit, shown);
        Health health = settled.join();
        if (health.status() == Health.Status.UNHEALTHY) {
            int failures = health.failingStreak();
            throw new ContainerException("The " + target.describe() + " is unhealthy: "
                    + (failures == 1 ? "a check has failed. " : failures + " checks in a row have failed. ")
                    + lastCheck(health) + lastLines());
        }
    }

    private void awaitExit(Wait.Exit wait, Duration limit, Duration shown) {
        ExitStatus status = get(wait, target.exit(), limit, shown);
        if (status.code() != wait.code()) {
            throw new ContainerException("The " + target.describe() + " was to exit with code " + wait.code()
                    + " and exited with " + code(status) + ". " + lastLines());
        }
    }

    private void awaitCommand(Wait.Command wait, Duration limit, Duration shown) {
        CompletableFuture<ExitStatus> exit = target.exit();
        AtomicInteger lastCode = new AtomicInteger();
        try {
            Awaitility.await()
                    .pollDelay(Duration.ZERO)
                    .pollInterval(FibonacciPollInterval.fibonacci()
                            .with()
                            .unit(TimeUnit.MILLISECONDS)
                            .offset(5))
                    .pollInSameThread()
                    .timeout(limit.plus(FIRST_POLL))
                    .until(() -> {
                        if (!exit.isDone()) {
                            lastCode.set(target.run(wait.command()));
                        }
                        return exit.isDone() || lastCode.get() == 0;
                    });
        } catch (ConditionTimeoutException e) {
            throw new ContainerException(
                    timedOut(wait, shown) + "The command last exited with code " + lastCode.get() + ". " + lastLines());
        }
        if (lastCode.get() != 0 || exit.isDone()) {
            throw exited(exit.join());
        }
    }

    private <T> T get(Wait wait, CompletableFuture<T> future, Duration limit, Duration shown) {
        try {
            return future.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new ContainerException(timedOut(wait, shown) + lastLines());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptionException("Waiting for the " + target.describe() + " to be ready ended", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof BivouacException failure) {
                throw failure;
            }
            throw new InternalException(
                    "Waiting for the " + target.describe() + " failed: " + e.getCause() + ".", e.getCause());
        }
    }

    private String timedOut(Wait wait, Duration shown) {
        return "The " + target.describe() + " was not ready after " + seconds(shown) + ": waited for " + wait + ". "
                + (wait instanceof Wait.Health ? lastCheck(target.health()) : "");
    }

    private static String lastCheck(Health health) {
        if (health.last().isEmpty()) {
            return "No check has ended yet. ";
        }
        Health.Result last = health.last().get();
        String said = last.output().isBlank()
                ? ", and wrote nothing. "
                : ":" + last.output().lines().map(line -> "\n  " + line).collect(Collectors.joining()) + "\n";
        return "The last one " + (last.exitCode() < 0 ? "failed" : "exited with code " + last.exitCode()) + said;
    }

    private ContainerException exited(ExitStatus status) {
        return new ContainerException(
                "The " + target.describe() + " exited before it was ready, with " + code(status) + ". " + lastLines());
    }

    private static String code(ExitStatus status) {
        String reason = status.signal().orElse("") + (status.outOfMemory() ? ", out of memory" : "");
        return "code " + status.code() + (reason.isEmpty() ? "" : " (" + reason.replaceFirst("^, ", "") + ")");
    }

    private static String seconds(Duration duration) {
        double seconds = duration.toMillis() / 1000.0;
        return seconds == Math.rint(seconds) ? (long) seconds + " s" : seconds + " s";
    }

    private String lastLines() {
        List<String> lines = target.lastLines(LINES_SHOWN);
        if (lines.isEmpty()) {
            return "It logged nothing.";
        }
        return "Its last log lines:\n  " + String.join("\n  ", lines);
    }
}
