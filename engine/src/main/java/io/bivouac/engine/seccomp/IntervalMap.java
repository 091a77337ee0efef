package io.bivouac.engine.seccomp;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Maps every unsigned number to a value, in as few intervals as there can be. */
final class IntervalMap<V> {
    /** The largest unsigned number. */
    static final long LAST = -1L;

    /** Values by the first number of their interval. */
    private final TreeMap<Long, V> starts = new TreeMap<>(Long::compareUnsigned);

    IntervalMap(V value) {
        starts.put(0L, value);
    }

    /**
     * Numbers from {@code first} up to the next interval's.
     *
     * @param first unsigned
     */
    record Interval<V>(long first, V value) {}

    /** Gives all numbers from {@code first} to {@code last}, both included, a value over the one they had. */
    void paint(long first, long last, V value) {
        if (last != LAST) {
            starts.putIfAbsent(last + 1, at(last + 1));
        }
        starts.subMap(first, true, last, true).clear();
        starts.put(first, value);
    }

    V at(long number) {
        return starts.floorEntry(number).getValue();
    }

    /** The intervals of the numbers up to the last, in order; neighbours differ. */
    List<Interval<V>> intervals(long last) {
        List<Interval<V>> intervals = new ArrayList<>();
        for (Map.Entry<Long, V> start : starts.headMap(last, true).entrySet()) {
            boolean same = !intervals.isEmpty()
                    && intervals.get(intervals.size() - 1).value().equals(start.getValue());
            if (!same) {
                intervals.add(new Interval<>(start.getKey(), start.getValue()));
            }
        }
        return intervals;
    }
}
