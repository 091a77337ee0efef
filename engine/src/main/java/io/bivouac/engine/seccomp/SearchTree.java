package io.bivouac.engine.seccomp;

import io.bivouac.engine.seccomp.IntervalMap.Interval;
import java.util.List;

/**
 * Finds the interval of the loaded word by a binary tree of comparisons: a chain of them takes the kernel ten times as long to
 * load.
 */
final class SearchTree {
    private SearchTree() {}

    /** Writes what decides about the words of one interval. */
    @FunctionalInterface
    interface Leaf<V> {
        int write(V value);
    }

    /**
     * Writes the tree.
     *
     * @param intervals of 32-bit numbers, the first of them from 0 on
     */
    static <V> int write(BpfProgram program, List<Interval<V>> intervals, Leaf<V> leaf) {
        if (intervals.size() == 1) {
            return leaf.write(intervals.get(0).value());
        }
        int middle = intervals.size() / 2;
        int right = write(program, intervals.subList(middle, intervals.size()), leaf);
        int left = write(program, intervals.subList(0, middle), leaf);
        return program.branch(BpfProgram.AT_LEAST, (int) intervals.get(middle).first(), right, left);
    }
}
