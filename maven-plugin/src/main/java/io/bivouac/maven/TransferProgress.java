package io.bivouac.maven;

import io.bivouac.engine.Transfer;
import java.io.PrintStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.maven.plugin.logging.Log;

/**
 * Tells how far pulls and pushes have come: to somebody at a terminal on one line that changes, to a log on a line every now and
 * then, so that nobody takes a slow build for a dead one.
 */
final class TransferProgress implements Consumer<Transfer> {
    private static final Duration CALM = Duration.ofSeconds(10);
    private static final int BAR = 24;
    /** Back to the line's beginning, and empty from there; see ECMA-48, EL. */
    private static final String ANEW = "\r\u001b[K";

    private final Consumer<String> log;
    private final Consumer<String> terminal;
    private final boolean lively;
    private final LongSupplier clock;
    private final Map<String, Course> courses = new HashMap<>();

    /** One transfer. */
    private static final class Course {
        private final long begun;
        private long told;

        private Course(long now) {
            begun = now;
            told = now;
        }
    }

    /**
     * @param terminal where the line that changes is written
     * @param clock nanoseconds
     */
    TransferProgress(Consumer<String> log, Consumer<String> terminal, boolean lively, LongSupplier clock) {
        this.log = log;
        this.terminal = terminal;
        this.lively = lively;
        this.clock = clock;
    }

    static TransferProgress to(Log log, boolean interactive) {
        PrintStream out = System.out;
        boolean lively = interactive && System.getenv("TERM") != null && Terminal.isInteractive();
        return new TransferProgress(
                log::info,
                text -> {
                    out.print(text);
                    out.flush();
                },
                lively,
                System::nanoTime);
    }

    @Override
    public synchronized void accept(Transfer transfer) {
        long now = clock.getAsLong();
        String key = transfer.direction() + " " + transfer.reference();
        Course course = courses.computeIfAbsent(key, absent -> new Course(now));
        if (transfer.done()) {
            courses.remove(key);
            if (lively) {
                terminal.accept(ANEW);
            }
            log.accept(summary(transfer, now - course.begun));
        } else if (lively) {
            terminal.accept(ANEW + line(transfer, now - course.begun));
        } else if (now - course.told >= CALM.toNanos()) {
            course.told = now;
            log.accept(line(transfer, now - course.begun));
        }
    }

    private static String line(Transfer transfer, long nanos) {
        double part = transfer.total() == 0 ? 1 : Math.min(1, (double) transfer.bytes() / transfer.total());
        int full = (int) (part * BAR);
        return String.format(
                Locale.ROOT,
                "%s %s [%s%s] %3d %% of %s, %s",
                transfer.direction() == Transfer.Direction.PULL ? "Pulling" : "Pushing",
                transfer.reference(),
                "=".repeat(full),
                " ".repeat(BAR - full),
                (int) (part * 100),
                Tables.size(transfer.total()),
                rate(transfer.bytes(), nanos));
    }

    private static String summary(Transfer transfer, long nanos) {
        return String.format(
                Locale.ROOT,
                "%s %s: %s in %.1f s.",
                transfer.direction() == Transfer.Direction.PULL ? "Pulled" : "Pushed",
                transfer.reference(),
                Tables.size(transfer.total()),
                nanos / 1e9);
    }

    private static String rate(long bytes, long nanos) {
        return Tables.size(nanos == 0 ? 0 : (long) (bytes / (nanos / 1e9))) + "/s";
    }
}
