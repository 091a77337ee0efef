package io.bivouac.engine.seccomp;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * What a profile says about every number of one calling convention.
 *
 * <p>Of several rules that hold for a call the strictest decides, in whatever order they stand, and of equally strict ones the
 * first.
 */
final class Decisions {
    private final CallingConvention convention;
    private final Action defaultAction;
    private final Map<Integer, List<Decision>> byNumber = new TreeMap<>();

    /**
     * A rule for one call.
     *
     * @param conditions that must all hold; none: it always does
     */
    record Decision(Action action, List<Condition> conditions) {}

    Decisions(CallingConvention convention, Action defaultAction, List<Rule> rules) {
        this.convention = convention;
        this.defaultAction = defaultAction;
        for (Rule rule : rules) {
            for (String name : rule.names()) {
                add(name, rule.action(), rule.alternatives());
                MultiplexedCalls.of(convention, name)
                        .filter(passage -> MultiplexedCalls.concerns(rule, defaultAction))
                        .ifPresent(
                                passage -> add(passage.name(), rule.action(), MultiplexedCalls.alternatives(passage)));
            }
        }
        byNumber.values()
                .forEach(decisions -> decisions.sort((one, other) ->
                        one.action().verdict().compareTo(other.action().verdict())));
    }

    private void add(String name, Action action, List<List<Condition>> alternatives) {
        OptionalInt number = SystemCalls.number(convention, name);
        if (number.isEmpty()) {
            return;
        }
        List<Decision> decisions = byNumber.computeIfAbsent(number.getAsInt(), key -> new ArrayList<>());
        for (List<Condition> conditions : alternatives) {
            decisions.add(new Decision(
                    action,
                    convention.isNarrow()
                            ? conditions.stream().map(Condition::narrow).toList()
                            : conditions));
        }
    }

    /** What is decided, the strictest first, for numbers without the convention's base. */
    Map<Integer, List<Decision>> byNumber() {
        return byNumber;
    }

    /**
     * The numbers that the kernel got after the profile was written, as far as the profile tells. A program that meets a refusal
     * there must believe that the kernel lacks the call, as runc has it too: it takes another one then, and would give up
     * otherwise.
     *
     * @param last the convention's last number
     * @return the first of each run and the last
     */
    Map<Long, Long> newer(long last) {
        Map<Long, Long> newer = new TreeMap<>();
        if (byNumber.isEmpty() || defaultAction.verdict().isPermissive()) {
            return newer;
        }
        List<Integer> segments = convention.segments();
        for (int i = 0; i < segments.size(); i++) {
            long end = i + 1 < segments.size() ? segments.get(i + 1) - 1 : last;
            long first = segments.get(i);
            for (int number : byNumber.keySet()) {
                first = number >= first && number <= end ? number + 1L : first;
            }
            newer.put(first, end);
        }
        return newer;
    }

    /** Whether nothing can make the kernel carry the call out. */
    boolean refuses(String name) {
        OptionalInt number = SystemCalls.number(convention, name);
        if (number.isEmpty()) {
            return false;
        }
        for (Decision decision : byNumber.getOrDefault(number.getAsInt(), List.of())) {
            if (decision.action().verdict().isCarriedOut()) {
                return false;
            }
            if (decision.conditions().isEmpty()) {
                return true;
            }
        }
        return !defaultAction.verdict().isCarriedOut();
    }
}
