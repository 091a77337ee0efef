package io.bivouac.engine.core;

import io.bivouac.engine.warden.Launch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The phases of one start and when each was over. Both clocks are {@code CLOCK_MONOTONIC}, so the warden's marks fall between
 * ours.
 */
final class StartTrace {
    private static final StartTrace NONE = new StartTrace(false);
    private static final double NANOS_PER_MICRO = 1000;

    private final boolean wanted;
    private final long begin;
    private final List<Launch.Mark> marks = new ArrayList<>();

    private StartTrace(boolean wanted) {
        this.wanted = wanted;
        this.begin = wanted ? System.nanoTime() : 0;
    }

    static StartTrace begin(boolean wanted) {
        return wanted ? new StartTrace(true) : NONE;
    }

    /** One that notes nothing. */
    static StartTrace none() {
        return NONE;
    }

    boolean wanted() {
        return wanted;
    }

    /** The phase is over. */
    void mark(String phase) {
        if (wanted) {
            marks.add(new Launch.Mark(phase, System.nanoTime()));
        }
    }

    void addAll(List<Launch.Mark> more) {
        marks.addAll(more);
    }

    /** {@code bivouac trace: container db (image x) started in 2410.0 µs: image 12.1, …}, each phase in microseconds. */
    String describe(String container) {
        marks.sort((a, b) -> Long.compare(a.nanos(), b.nanos()));
        StringBuilder text = new StringBuilder();
        long last = begin;
        for (Launch.Mark mark : marks) {
            text.append(text.isEmpty() ? "" : ", ")
                    .append(mark.phase())
                    .append(' ')
                    .append(micros(mark.nanos() - last));
            last = mark.nanos();
        }
        return "bivouac trace: " + container + " started in " + micros(last - begin) + " µs: " + text;
    }

    private static String micros(long nanos) {
        return String.format(Locale.ROOT, "%.1f", nanos / NANOS_PER_MICRO);
    }
}
