package io.bivouac.engine.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.seccomp.IntervalMap.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IntervalMapTests {
    private static final int SIZE = 40;

    private final Random random = new Random(7);

    @Test
    void paintsOverWhatWasThere() {
        for (int round = 0; round < 2000; round++) {
            IntervalMap<Integer> map = new IntervalMap<>(0);
            int[] expected = new int[SIZE];
            for (int i = 0; i < 12; i++) {
                int first = random.nextInt(SIZE);
                int last = first + random.nextInt(SIZE - first);
                int value = random.nextInt(3);
                map.paint(first, last, value);
                Arrays.fill(expected, first, last + 1, value);
            }
            List<Interval<Integer>> intervals = new ArrayList<>();
            for (int i = 0; i < SIZE; i++) {
                assertThat(map.at(i)).isEqualTo(expected[i]);
                if (i == 0 || expected[i] != expected[i - 1]) {
                    intervals.add(new Interval<>(i, expected[i]));
                }
            }
            assertThat(map.intervals(SIZE - 1)).isEqualTo(intervals);
        }
    }

    @Test
    void numbersHaveNoSign() {
        IntervalMap<String> map = new IntervalMap<>("low");
        map.paint(Long.MIN_VALUE, IntervalMap.LAST, "high");

        assertThat(map.at(Long.MAX_VALUE)).isEqualTo("low");
        assertThat(map.at(-1)).isEqualTo("high");
        assertThat(map.intervals(IntervalMap.LAST))
                .containsExactly(new Interval<>(0, "low"), new Interval<>(Long.MIN_VALUE, "high"));
    }
}
