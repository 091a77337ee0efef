package io.bivouac.engine.seccomp;

import io.bivouac.engine.seccomp.Decisions.Decision;
import io.bivouac.engine.seccomp.IntervalMap.Interval;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Writes the part of a program that looks at arguments. The machine knows words of 32 bits, arguments have 64: each half is a
 * word of its own, the low one first in memory.
 */
final class ArgumentRules {
    private static final int FIRST_ARGUMENT_OFFSET = 16;
    private static final int ARGUMENT_SIZE = 8;
    private static final int WORD_SIZE = 4;
    private static final int ALL_BITS = -1;
    private static final long LOW = 0xffffffffL;

    private final BpfProgram program;
    /** Whether arguments have 32 bits: then their high halves are taken for 0, whatever is there. */
    private final boolean narrow;

    private final Action defaultAction;

    ArgumentRules(BpfProgram program, boolean narrow, Action defaultAction) {
        this.program = program;
        this.narrow = narrow;
        this.defaultAction = defaultAction;
    }

    /**
     * Writes what decides about one call.
     *
     * @param decisions the strictest first
     */
    int write(List<Decision> decisions) {
        return isAboutOneArgument(decisions) ? writeIntervals(decisions) : writeChain(decisions);
    }

    /** Whether the decisions divide the values of one argument into intervals. */
    private static boolean isAboutOneArgument(List<Decision> decisions) {
        List<Condition> conditions = decisions.stream()
                .flatMap(decision -> decision.conditions().stream())
                .toList();
        return decisions.stream().allMatch(decision -> decision.conditions().size() <= 1)
                && conditions.stream().map(Condition::argument).distinct().count() <= 1
                && conditions.stream().noneMatch(condition -> condition.operator() == Operator.MASKED_EQ);
    }

    private int writeIntervals(List<Decision> decisions) {
        IntervalMap<Action> values = new IntervalMap<>(defaultAction);
        int argument = 0;
        for (Decision decision : weakestFirst(decisions)) {
            if (decision.conditions().isEmpty()) {
                values.paint(0, IntervalMap.LAST, decision.action());
            } else {
                Condition condition = decision.conditions().get(0);
                argument = condition.argument();
                paint(values, condition, decision.action());
            }
        }
        List<Interval<Action>> intervals = values.intervals(narrow ? LOW : IntervalMap.LAST);
        return narrow ? writeLowTree(argument, intervals) : writeHighTree(argument, intervals);
    }

    private static List<Decision> weakestFirst(List<Decision> decisions) {
        List<Decision> reversed = new ArrayList<>(decisions);
        Collections.reverse(reversed);
        return reversed;
    }

    private static void paint(IntervalMap<Action> values, Condition condition, Action action) {
        long value = condition.value();
        switch (condition.operator()) {
            case EQ -> values.paint(value, value, action);
            case NE -> {
                paintBelow(values, value, action);
                paintAbove(values, value, action);
            }
            case LT -> paintBelow(values, value, action);
            case LE -> values.paint(0, value, action);
            case GE -> values.paint(value, IntervalMap.LAST, action);
            case GT -> paintAbove(values, value, action);
            case MASKED_EQ -> throw new IllegalArgumentException("masked values are no interval");
        }
    }

    private static void paintBelow(IntervalMap<Action> values, long value, Action action) {
        if (value != 0) {
            values.paint(0, value - 1, action);
        }
    }

    private static void paintAbove(IntervalMap<Action> values, long value, Action action) {
        if (value != IntervalMap.LAST) {
            values.paint(value + 1, IntervalMap.LAST, action);
        }
    }

    /** Intervals by their high words: one that is cut within a high word becomes a tree of its own there. */
    private int writeHighTree(int argument, List<Interval<Action>> intervals) {
        List<Interval<List<Interval<Action>>>> words = new ArrayList<>();
        Action current = defaultAction;
        for (int i = 0; i < intervals.size(); ) {
            long high = intervals.get(i).first() >>> 32;
            List<Interval<Action>> low = new ArrayList<>();
            if ((intervals.get(i).first() & LOW) != 0) {
                low.add(new Interval<>(0, current));
            }
            for (; i < intervals.size() && intervals.get(i).first() >>> 32 == high; i++) {
                current = intervals.get(i).value();
                low.add(new Interval<>(intervals.get(i).first() & LOW, current));
            }
            words.add(new Interval<>(high, low));
            boolean cut = low.size() > 1;
            boolean more = i < intervals.size() ? intervals.get(i).first() >>> 32 > high + 1 : high < LOW;
            if (cut && more) {
                words.add(new Interval<>(high + 1, List.of(new Interval<>(0, current))));
            }
        }
        return writeTree(words, argumentOffset(argument) + WORD_SIZE, low -> writeLowTree(argument, low));
    }

    private int writeLowTree(int argument, List<Interval<Action>> intervals) {
        return writeTree(intervals, argumentOffset(argument), this::give);
    }

    private int give(Action action) {
        return program.give(action.value());
    }

    private <V> int writeTree(List<Interval<V>> intervals, int offset, SearchTree.Leaf<V> leaf) {
        int tree = SearchTree.write(program, intervals, leaf);
        return intervals.size() == 1 ? tree : program.load(offset, tree);
    }

    /** One decision after the other. */
    private int writeChain(List<Decision> decisions) {
        int place = give(defaultAction);
        for (Decision decision : weakestFirst(decisions)) {
            int otherwise = place;
            place = give(decision.action());
            for (Condition condition : decision.conditions()) {
                place = writeCondition(condition, place, otherwise);
            }
        }
        return place;
    }

    private int writeCondition(Condition condition, int yes, int no) {
        if (yes == no) {
            return yes;
        }
        long value = condition.value();
        return switch (condition.operator()) {
            case EQ -> writeEqual(condition.argument(), IntervalMap.LAST, value, yes, no);
            case NE -> writeEqual(condition.argument(), IntervalMap.LAST, value, no, yes);
            case MASKED_EQ -> writeEqual(condition.argument(), value, condition.second(), yes, no);
            case GE -> writeOrder(condition, BpfProgram.AT_LEAST, yes, no);
            case LT -> writeOrder(condition, BpfProgram.AT_LEAST, no, yes);
            case GT -> writeOrder(condition, BpfProgram.GREATER, yes, no);
            case LE -> writeOrder(condition, BpfProgram.GREATER, no, yes);
        };
    }

    private int writeEqual(int argument, long mask, long value, int yes, int no) {
        int offset = argumentOffset(argument);
        long highMask = narrow ? 0 : mask >>> 32;
        int low = writeEqual(offset, (int) mask, (int) value, yes, no);
        return writeEqual(offset + WORD_SIZE, (int) highMask, (int) (value >>> 32), low, no);
    }

    private int writeEqual(int offset, int mask, int value, int yes, int no) {
        if (yes == no || mask == 0) {
            return value == 0 ? yes : no;
        }
        int compared = program.branch(BpfProgram.EQUAL, value, yes, no);
        return program.load(offset, mask == ALL_BITS ? compared : program.mask(mask, compared));
    }

    /** The high halves decide, unless they are equal. */
    private int writeOrder(Condition condition, int code, int yes, int no) {
        int offset = argumentOffset(condition.argument());
        int high = (int) (condition.value() >>> 32);
        int low = program.load(offset, program.branch(code, (int) condition.value(), yes, no));
        if (narrow) {
            return high == 0 ? low : no;
        }
        int equal = program.branch(BpfProgram.EQUAL, high, low, no);
        return program.load(offset + WORD_SIZE, program.branch(BpfProgram.GREATER, high, yes, equal));
    }

    private static int argumentOffset(int argument) {
        return FIRST_ARGUMENT_OFFSET + argument * ARGUMENT_SIZE;
    }
}
