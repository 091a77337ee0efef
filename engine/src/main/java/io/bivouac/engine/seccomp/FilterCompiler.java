package io.bivouac.engine.seccomp;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.seccomp.Decisions.Decision;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns a profile into a program. It asks for the processor's calling convention first, then for the number of the call, then
 * for arguments where rules do.
 *
 * <p>The kernel runs a program for each number once when it is loaded, and never again for those that it allows whatever the
 * arguments are (Linux 5.11); so what counts is how long loading takes.
 */
final class FilterCompiler {
    private static final int NUMBER_OFFSET = 0;
    private static final int ARCHITECTURE_OFFSET = 4;
    private static final long LAST_NUMBER = 0xffffffffL;
    /** What a tracer writes over a number to have the call left out. */
    private static final long NO_CALL = 0xffffffffL;

    /** What the warden calls between loading the filter and the end of itself; a profile without them would start nothing. */
    static final List<String> NEEDED =
            List.of("read", "write", "exit_group", "prctl", "setgroups", "setresgid", "setresuid", "capset", "execve");

    private final Profile profile;
    private final List<Rule> rules;
    private final BpfProgram program = new BpfProgram();

    private FilterCompiler(Profile profile, List<Rule> rules) {
        this.profile = profile;
        this.rules = rules;
    }

    /**
     * Makes the program.
     *
     * @param capabilities the container's bounding set, which conditions of rules ask for
     * @return an array of {@code struct sock_filter}
     * @throws ConfigurationException when no container could start under the profile, or the kernel would not take the program
     */
    static byte[] compile(Profile profile, long capabilities, Architecture architecture, KernelVersion kernel) {
        return new FilterCompiler(profile, profile.rules(capabilities, architecture, kernel)).compile(architecture);
    }

    private byte[] compile(Architecture architecture) {
        List<CallingConvention> conventions = profile.conventions(architecture);
        requireNeeded(decisions(architecture.own()));
        try {
            write(sections(conventions));
        } catch (BpfProgram.TooLongException e) {
            throw new ConfigurationException(
                    "The seccomp profile " + profile.name() + " is too large: the kernel takes a filter of at most "
                            + BpfProgram.LIMIT
                            + " instructions, and it needs more. Give it fewer rules with arguments.",
                    e);
        }
        return program.assemble();
    }

    private void requireNeeded(Decisions decisions) {
        for (String name : NEEDED) {
            if (decisions.refuses(name)) {
                throw new ConfigurationException("The seccomp profile " + profile.name() + " refuses " + name
                        + ", without which no command can be started under it. Allow " + String.join(", ", NEEDED)
                        + ".");
            }
        }
    }

    private Decisions decisions(CallingConvention convention) {
        return new Decisions(convention, profile.defaultAction(), rules);
    }

    /** Conventions by what the filter is told; x32 shares it with x86-64. */
    private static Map<Integer, List<CallingConvention>> sections(List<CallingConvention> conventions) {
        Map<Integer, List<CallingConvention>> sections = new LinkedHashMap<>();
        for (CallingConvention convention : conventions) {
            sections.computeIfAbsent(convention.auditArchitecture(), key -> new ArrayList<>())
                    .add(convention);
        }
        return sections;
    }

    private void write(Map<Integer, List<CallingConvention>> sections) {
        int place = program.give(Action.KILL_PROCESS.value());
        List<Map.Entry<Integer, List<CallingConvention>>> lastFirst = new ArrayList<>(sections.entrySet());
        Collections.reverse(lastFirst);
        Map<Integer, Integer> places = new LinkedHashMap<>();
        for (Map.Entry<Integer, List<CallingConvention>> section : lastFirst) {
            places.put(section.getKey(), writeSection(section.getValue()));
        }
        for (Map.Entry<Integer, Integer> section : places.entrySet()) {
            place = program.branch(BpfProgram.EQUAL, section.getKey(), section.getValue(), place);
        }
        program.load(ARCHITECTURE_OFFSET, place);
    }

    private int writeSection(List<CallingConvention> conventions) {
        IntervalMap<List<Decision>> numbers = new IntervalMap<>(List.of());
        for (CallingConvention convention : conventions) {
            paint(numbers, convention);
        }
        if (conventions.equals(List.of(CallingConvention.X86_64))) {
            numbers.paint(CallingConvention.X32.base(), NO_CALL - 1, always(Action.KILL_PROCESS));
        }
        boolean narrow = conventions.get(0).isNarrow();
        ArgumentRules arguments = new ArgumentRules(program, narrow, profile.defaultAction());
        return program.load(NUMBER_OFFSET, SearchTree.write(program, numbers.intervals(LAST_NUMBER), arguments::write));
    }

    private void paint(IntervalMap<List<Decision>> numbers, CallingConvention convention) {
        long base = convention.base();
        numbers.paint(base, LAST_NUMBER, List.of());
        Decisions decisions = decisions(convention);
        decisions
                .newer(LAST_NUMBER - base)
                .forEach((first, last) -> numbers.paint(base + first, base + last, always(Action.NO_SUCH_CALL)));
        decisions.byNumber().forEach((number, decision) -> numbers.paint(base + number, base + number, decision));
    }

    private static List<Decision> always(Action action) {
        return List.of(new Decision(action, List.of()));
    }
}
