package io.bivouac.it.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What was measured under one name.
 *
 * @param name of the row, such as {@code start}
 * @param unit of the values
 * @param values in the order they were measured
 */
record Sample(String name, String unit, List<Double> values) {
    private static final double HALF = 50;

    Sample {
        values = List.copyOf(values);
    }

    double median() {
        return percentile(HALF);
    }

    /** The value that {@code percent} of all are not above, the next higher where none is exactly there. */
    double percentile(double percent) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        int index = (int) Math.ceil(percent / 100 * sorted.size()) - 1;
        return sorted.get(Math.max(index, 0));
    }

    Sample plus(List<Double> more) {
        List<Double> all = new ArrayList<>(values);
        all.addAll(more);
        return new Sample(name, unit, all);
    }
}
