package io.bivouac.engine.health;

import io.bivouac.engine.ContainerException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/** A container that answers checks as it is told, and an engine whose clock is turned by hand. */
final class FakeTarget implements HealthTarget {
    private final List<Timer> timers = new ArrayList<>();
    private final Deque<OptionalInt> codes = new ArrayDeque<>();
    private final List<Duration> checkedAt = new ArrayList<>();
    private Duration time = Duration.ZERO;
    private String output = "";
    private String failure = "";
    private Runnable meanwhile = () -> {};

    private record Timer(Duration due, FutureTask<?> task) {}

    /** Exit codes of the checks to come; the last one stays. */
    void answer(int... exitCodes) {
        codes.clear();
        for (int code : exitCodes) {
            codes.add(OptionalInt.of(code));
        }
    }

    void answerNothing() {
        codes.clear();
        codes.add(OptionalInt.empty());
    }

    void write(String text) {
        output = text;
    }

    void failWith(String message) {
        failure = message;
    }

    /** What happens while a check runs. */
    void during(Runnable event) {
        meanwhile = event;
    }

    /** When checks were made, in seconds on the clock. */
    List<Long> checkedAt() {
        return checkedAt.stream().map(Duration::toSeconds).toList();
    }

    /** Timers that wait. */
    long waiting() {
        return timers.stream().filter(timer -> !timer.task().isDone()).count();
    }

    /** Turns the clock; everything that is due happens on this thread, in order. */
    void pass(long seconds) {
        Duration end = time.plusSeconds(seconds);
        while (true) {
            Timer next = timers.stream()
                    .filter(timer -> timer.due().compareTo(end) <= 0)
                    .min(Comparator.comparing(Timer::due))
                    .orElse(null);
            if (next == null) {
                advance(end);
                return;
            }
            timers.remove(next);
            advance(next.due());
            next.task().run();
        }
    }

    /** What a task did may have taken longer. */
    private void advance(Duration moment) {
        time = time.compareTo(moment) < 0 ? moment : time;
    }

    @Override
    public Future<?> schedule(Runnable task, Duration delay) {
        FutureTask<?> future = new FutureTask<>(task, null);
        timers.add(new Timer(time.plus(delay), future));
        return future;
    }

    /** At once, as the next thing on the clock: the caller is not done yet. */
    @Override
    public Future<?> submit(Runnable task) {
        return schedule(task, Duration.ZERO);
    }

    @Override
    public OptionalInt run(List<String> command, Duration timeout, OutputStream out) {
        checkedAt.add(time);
        meanwhile.run();
        try {
            out.write(output.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!failure.isEmpty()) {
            throw new ContainerException(failure);
        }
        return codes.size() > 1 ? codes.remove() : codes.element();
    }

    @Override
    public long nanoTime() {
        return time.toNanos();
    }

    @Override
    public Instant now() {
        return Instant.EPOCH.plus(time);
    }
}
