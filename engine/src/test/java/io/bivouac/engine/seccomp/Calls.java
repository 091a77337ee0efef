package io.bivouac.engine.seccomp;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Numbers and words that tests of filters share. */
final class Calls {
    static final int ALLOW = 0x7fff0000;
    static final int EPERM = 0x00050001;
    static final int ENOSYS = 0x00050026;
    static final int KILL_PROCESS = 0x80000000;

    static final int X86_64 = 0xc000003e;
    static final int X86 = 0x40000003;
    static final int AARCH64 = 0xc00000b7;
    static final int ARM = 0x40000028;
    static final int X32_BIT = 0x40000000;

    static final KernelVersion KERNEL = new KernelVersion(6, 1);

    /** Docker's capabilities, as containers have them. */
    static final long CAPABILITIES = 0xa80425fbL;

    /** The columns of the table and what a filter is told of them. */
    static final Map<String, Integer> ARCHITECTURES =
            Map.of("X86_64", X86_64, "X86", X86, "X32", X86_64, "AARCH64", AARCH64, "ARM", ARM);

    private Calls() {}

    static Architecture architecture(String convention) {
        return convention.startsWith("X") ? Architecture.AMD64 : Architecture.ARM64;
    }

    /** A call's number as a program of this convention makes it, -1 when there is none. */
    static int number(ReferenceFilter.Call call, String convention) {
        int number = call.numbers().get(ReferenceFilter.COLUMNS.indexOf(convention));
        return number < 0 || !convention.equals("X32") ? number : number | X32_BIT;
    }

    static int number(String name, String convention) {
        return number(
                ReferenceFilter.CALLS.stream()
                        .filter(call -> call.name().equals(name))
                        .findFirst()
                        .orElseThrow(),
                convention);
    }

    /** A profile that refuses what it does not name and allows what the warden needs, and these rules. */
    static String allowList(String... rules) {
        return profile("SCMP_ACT_ERRNO", rules);
    }

    static String profile(String defaultAction, String... rules) {
        return "{\"defaultAction\": \"" + defaultAction + "\", \"archMap\": ["
                + "{\"architecture\": \"SCMP_ARCH_X86_64\", \"subArchitectures\": [\"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"]},"
                + "{\"architecture\": \"SCMP_ARCH_AARCH64\", \"subArchitectures\": [\"SCMP_ARCH_ARM\"]}], \"syscalls\": ["
                + rule("SCMP_ACT_ALLOW", String.join(" ", FilterCompiler.NEEDED))
                + (rules.length == 0 ? "" : ", ") + String.join(", ", rules) + "]}";
    }

    /**
     * @param more other fields, such as {@code "errnoRet": 2}
     */
    static String rule(String action, String names, String... more) {
        return "{\"names\": [\"" + names.replace(" ", "\", \"") + "\"], \"action\": \"" + action + "\""
                + (more.length == 0 ? "" : ", ") + String.join(", ", more) + "}";
    }

    static String argument(int index, String operator, String value, String second) {
        return "{\"index\": " + index + ", \"op\": \"SCMP_CMP_" + operator + "\", \"value\": " + value
                + ", \"valueTwo\": " + second + "}";
    }

    static String arguments(String... arguments) {
        return "\"args\": [" + String.join(", ", arguments) + "]";
    }

    static BpfMachine compile(String document, Architecture architecture) {
        return new BpfMachine(
                FilterCompiler.compile(ProfileParser.parse("p", document), CAPABILITIES, architecture, KERNEL));
    }

    static int run(BpfMachine machine, String name, String convention, long... arguments) {
        return machine.run(number(name, convention), ARCHITECTURES.getOrDefault(convention, 0), six(arguments));
    }

    private static long[] six(long... arguments) {
        return Arrays.copyOf(arguments, 6);
    }

    static List<String> conventions() {
        return ReferenceFilter.COLUMNS;
    }
}
