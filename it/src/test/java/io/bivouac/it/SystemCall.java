package io.bivouac.it;

import io.bivouac.engine.Container;
import io.bivouac.engine.ExecSpec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * A system call that the probe makes.
 *
 * @param convention {@code x86_64}, {@code x86} or {@code aarch64}
 * @param arguments six
 */
record SystemCall(String convention, int number, List<Long> arguments) {
    static final String OWN = System.getProperty("os.arch", "").equals("aarch64") ? "aarch64" : "x86_64";
    static final int X32_BIT = 0x40000000;

    private static final int ARGUMENTS = 6;

    /** With arguments that no pointer, no descriptor and no flags can be, where none are given. */
    static SystemCall of(String convention, int number, long... arguments) {
        long[] all = Arrays.copyOf(arguments, ARGUMENTS);
        Arrays.fill(all, arguments.length, ARGUMENTS, -1L);
        return new SystemCall(convention, number, LongStream.of(all).boxed().toList());
    }

    private String line() {
        return convention + " " + Integer.toUnsignedString(number) + " "
                + arguments.stream().map(Long::toUnsignedString).collect(Collectors.joining(" "));
    }

    /** What the filter says to it. */
    int decide(SeccompProgram filter) {
        int architecture = switch (convention) {
            case "x86" -> 0x40000003;
            case "aarch64" -> 0xc00000b7;
            default -> 0xc000003e;
        };
        return filter.decide(
                number,
                architecture,
                arguments.stream().mapToLong(value -> value).toArray());
    }

    /** What becomes of calls made by a command in the container, as {@code calls.h} has it. */
    static Map<SystemCall, String> make(Container container, List<SystemCall> calls) {
        String lines = calls.stream().map(call -> call.line() + "\n").collect(Collectors.joining());
        String output = container
                .exec(ExecSpec.of("/probe", "calls").withStdin(lines.getBytes(StandardCharsets.US_ASCII)))
                .stdout();
        return outcomes(calls, output);
    }

    /** The command line of a container whose first process makes them. */
    static List<String> command(List<SystemCall> calls) {
        List<String> command = new ArrayList<>(List.of("calls"));
        calls.forEach(call -> command.add(call.line()));
        return command;
    }

    static Map<SystemCall, String> outcomes(List<SystemCall> calls, String output) {
        List<String> lines = output.lines().toList();
        if (lines.size() != calls.size()) {
            throw new AssertionError(calls.size() + " calls, " + lines.size() + " outcomes:\n" + output);
        }
        Map<SystemCall, String> outcomes = new LinkedHashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            SystemCall call = calls.get(i);
            String prefix = call.convention + " " + Integer.toUnsignedString(call.number) + " ";
            if (!lines.get(i).startsWith(prefix)) {
                throw new AssertionError(call + " became: " + lines.get(i));
            }
            outcomes.put(call, lines.get(i).substring(prefix.length()));
        }
        return outcomes;
    }

    @Override
    public String toString() {
        return convention + " call 0x" + Integer.toHexString(number) + "("
                + arguments.stream().map(Long::toHexString).collect(Collectors.joining(", ")) + ")";
    }
}
