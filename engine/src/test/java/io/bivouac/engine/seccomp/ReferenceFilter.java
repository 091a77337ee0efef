package io.bivouac.engine.seccomp;

import io.bivouac.engine.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a profile says about a call, read off its document one rule after the other, without any of the compiler's code or
 * cleverness.
 */
final class ReferenceFilter {
    static final List<String> COLUMNS = List.of("X86_64", "X86", "X32", "AARCH64", "ARM");

    /** Actions, the strictest first. */
    private static final List<String> ACTIONS =
            List.of("KILL_PROCESS", "KILL_THREAD", "TRAP", "ERRNO", "TRACE", "LOG", "ALLOW");

    private static final List<Integer> VALUES =
            List.of(0x80000000, 0, 0x00030000, 0x00050000, 0x7ff00000, 0x7ffc0000, 0x7fff0000);

    private static final List<String> SOCKET_CALLS = List.of(
            ("- socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown"
                            + " setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg")
                    .split(" "));
    private static final List<String> IPC_CALLS = List.of(
            ("- semop semget semctl semtimedop - - - - - - msgsnd msgrcv msgget msgctl - - - - - - shmat shmdt shmget"
                            + " shmctl")
                    .split(" "));

    private static final int KILL_PROCESS = 0x80000000;
    private static final int ENOSYS = 0x00050000 | 38;

    /** Names of calls and their numbers in the order of the columns, -1 where there is none. */
    static final List<Call> CALLS = calls();

    private static final Map<String, Call> BY_NAME = CALLS.stream().collect(Collectors.toMap(Call::name, call -> call));

    private final Map<?, ?> profile;
    private final String architecture;
    private final Set<String> capabilities;
    private final int kernelMajor;
    private final int kernelMinor;
    private final List<Map<?, ?>> rules;

    record Call(String name, List<Integer> numbers) {}

    ReferenceFilter(String document, String architecture, Set<String> capabilities, int kernelMajor, int kernelMinor) {
        this.profile = Json.parseObject(document.getBytes(StandardCharsets.UTF_8));
        this.architecture = architecture;
        this.capabilities = capabilities;
        this.kernelMajor = kernelMajor;
        this.kernelMinor = kernelMinor;
        this.rules = applicable();
    }

    private static List<Call> calls() {
        try (InputStream in = SystemCalls.class.getResourceAsStream("system-calls.txt")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(ReferenceFilter::call)
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Call call(String line) {
        List<String> words = List.of(line.split(" ", -1));
        return new Call(
                words.get(0),
                words.stream()
                        .skip(1)
                        .map(word -> word.equals("-") ? -1 : Integer.parseInt(word))
                        .toList());
    }

    /** The value the filter should return. */
    int decide(int number, int auditArchitecture, long... arguments) {
        String convention = convention(number, auditArchitecture);
        if (convention.isEmpty()) {
            return KILL_PROCESS;
        }
        int plain = convention.equals("X32") ? number & ~0x40000000 : number;
        List<Integer> matching = new ArrayList<>();
        for (Map<?, ?> rule : rules) {
            if (matches(rule, convention, plain, arguments)) {
                matching.add(value(rule, "action", "errnoRet"));
            }
        }
        int byDefault = value(profile, "defaultAction", "defaultErrnoRet");
        if (matching.isEmpty()) {
            return isNewer(convention, plain) && rank(byDefault) < ACTIONS.indexOf("TRACE") ? ENOSYS : byDefault;
        }
        return matching.stream()
                .min(Comparator.comparingInt(ReferenceFilter::rank))
                .get();
    }

    private static int rank(int value) {
        return VALUES.indexOf(value & 0xffff0000);
    }

    private static int value(Map<?, ?> object, String action, String errno) {
        String word = text(object, action).substring("SCMP_ACT_".length());
        int value = VALUES.get(ACTIONS.indexOf(word.equals("KILL") ? "KILL_THREAD" : word));
        boolean carries = word.equals("ERRNO") || word.equals("TRACE");
        Object given = object.get(errno);
        return carries ? value | (given == null ? 1 : ((Long) given).intValue()) : value;
    }

    /** Empty for those the profile is not about. */
    private String convention(int number, int auditArchitecture) {
        String convention = switch (auditArchitecture) {
            case 0xc000003e -> Integer.compareUnsigned(number, 0x40000000) >= 0 ? "X32" : "X86_64";
            case 0x40000003 -> "X86";
            case 0xc00000b7 -> "AARCH64";
            case 0x40000028 -> "ARM";
            default -> "";
        };
        String own = architecture.equals("amd64") ? "X86_64" : "AARCH64";
        List<String> others = architecture.equals("amd64") ? List.of("X86", "X32") : List.of("ARM");
        List<String> known = new ArrayList<>();
        for (Object word : list(profile, "architectures")) {
            known.add((String) word);
        }
        for (Object entry : list(profile, "archMap")) {
            Map<?, ?> map = (Map<?, ?>) entry;
            if (("SCMP_ARCH_" + own).equals(map.get("architecture"))) {
                known = new ArrayList<>();
                for (Object word : list(map, "subArchitectures")) {
                    known.add((String) word);
                }
            }
        }
        boolean isKnown = known.contains("SCMP_ARCH_" + convention);
        if (convention.equals(own) || (others.contains(convention) && isKnown)) {
            return convention;
        }
        // What a tracer writes over a number it wants left out is no call at all.
        return own.equals("X86_64") && convention.equals("X32") && number == -1 ? "X86_64" : "";
    }

    private static String text(Map<?, ?> object, String name) {
        return String.valueOf(object.get(name));
    }

    private static List<?> list(Map<?, ?> object, String name) {
        Object list = object.get(name);
        return list == null ? List.of() : (List<?>) list;
    }

    private List<Map<?, ?>> applicable() {
        List<Map<?, ?>> applicable = new ArrayList<>();
        for (Object element : list(profile, "syscalls")) {
            Map<?, ?> rule = (Map<?, ?>) element;
            if (included((Map<?, ?>) rule.get("includes")) && !excluded((Map<?, ?>) rule.get("excludes"))) {
                applicable.add(rule);
            }
        }
        return applicable;
    }

    private boolean included(@Nullable Map<?, ?> where) {
        if (where == null) {
            return true;
        }
        List<?> arches = list(where, "arches");
        return capabilities.containsAll(list(where, "caps"))
                && (arches.isEmpty() || arches.contains(architecture))
                && (where.get("minKernel") == null || kernelIsAtLeast(text(where, "minKernel")));
    }

    private boolean excluded(@Nullable Map<?, ?> where) {
        if (where == null) {
            return false;
        }
        boolean byKernel = where.get("minKernel") != null && kernelIsAtLeast(text(where, "minKernel"));
        return byKernel
                || list(where, "caps").stream().anyMatch(capabilities::contains)
                || list(where, "arches").contains(architecture);
    }

    private boolean kernelIsAtLeast(String version) {
        int dot = version.indexOf('.');
        int major = Integer.parseInt(version.substring(0, dot));
        int minor = Integer.parseInt(version.substring(dot + 1));
        return kernelMajor > major || (kernelMajor == major && kernelMinor >= minor);
    }

    private static int number(String name, String convention) {
        Call call = BY_NAME.get(name);
        return call == null ? -1 : call.numbers().get(COLUMNS.indexOf(convention));
    }

    private boolean matches(Map<?, ?> rule, String convention, int number, long... arguments) {
        for (Object name : list(rule, "names")) {
            if (number >= 0 && number((String) name, convention) == number && holds(rule, convention, arguments)) {
                return true;
            }
            if (convention.equals("X86") && passes((String) name, number, arguments) && concernsPassage(rule)) {
                return true;
            }
        }
        return false;
    }

    private static boolean passes(String name, int number, long... arguments) {
        int socketCall = SOCKET_CALLS.indexOf(name);
        int ipcCall = IPC_CALLS.indexOf(name);
        if (number == number("socketcall", "X86")) {
            return socketCall > 0 && socketCall == (int) arguments[0];
        }
        return number == number("ipc", "X86") && ipcCall > 0 && ipcCall == ((int) arguments[0] & 0xffff);
    }

    private boolean concernsPassage(Map<?, ?> rule) {
        return list(rule, "args").isEmpty()
                || rank(value(rule, "action", "errnoRet")) < rank(value(profile, "defaultAction", "defaultErrnoRet"));
    }

    private static boolean holds(Map<?, ?> rule, String convention, long... arguments) {
        List<?> conditions = list(rule, "args");
        long indices = conditions.stream()
                .map(value -> ((Map<?, ?>) value).get("index"))
                .distinct()
                .count();
        if (indices < conditions.size()) {
            return conditions.stream().anyMatch(value -> isTrue((Map<?, ?>) value, convention, arguments));
        }
        return conditions.stream().allMatch(value -> isTrue((Map<?, ?>) value, convention, arguments));
    }

    private static boolean isTrue(Map<?, ?> condition, String convention, long... arguments) {
        boolean narrow = convention.equals("X86") || convention.equals("ARM");
        long raw = arguments[Integer.parseInt(text(condition, "index"))];
        BigInteger argument = unsigned(narrow ? raw & 0xffffffffL : raw);
        BigInteger value = constant(condition.get("value"), narrow);
        BigInteger second = constant(condition.get("valueTwo"), narrow);
        int order = argument.compareTo(value);
        return switch (text(condition, "op")) {
            case "SCMP_CMP_EQ" -> order == 0;
            case "SCMP_CMP_NE" -> order != 0;
            case "SCMP_CMP_LT" -> order < 0;
            case "SCMP_CMP_LE" -> order <= 0;
            case "SCMP_CMP_GT" -> order > 0;
            case "SCMP_CMP_GE" -> order >= 0;
            case "SCMP_CMP_MASKED_EQ" -> argument.and(value).equals(second);
            default -> throw new AssertionError(condition);
        };
    }

    private static BigInteger unsigned(long number) {
        return new BigInteger(Long.toUnsignedString(number));
    }

    private static BigInteger constant(@Nullable Object value, boolean narrow) {
        BigInteger number = value == null ? BigInteger.ZERO : new BigInteger(value.toString());
        BigInteger lowestNegative = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE.shiftLeft(31));
        boolean negative = number.compareTo(lowestNegative) >= 0;
        return narrow && negative ? number.mod(BigInteger.ONE.shiftLeft(32)) : number;
    }

    /** Whether the number is above all that rules name, in its part of the numbers. */
    private boolean isNewer(String convention, int number) {
        int border = convention.equals("X32") ? 512 : convention.equals("ARM") ? 0xf0000 : -1;
        boolean above = border >= 0 && Integer.compareUnsigned(number, border) >= 0;
        List<Integer> named = named(convention);
        int newest = named.stream()
                .filter(other -> border < 0 || above == other >= border)
                .mapToInt(other -> other)
                .max()
                .orElse(-1);
        return !named.isEmpty() && (newest < 0 || Integer.compareUnsigned(number, newest) > 0);
    }

    private List<Integer> named(String convention) {
        List<Integer> named = new ArrayList<>();
        for (Map<?, ?> rule : rules) {
            for (Object name : list(rule, "names")) {
                named.add(number((String) name, convention));
                if (convention.equals("X86") && concernsPassage(rule)) {
                    named.add(SOCKET_CALLS.contains(name) ? number("socketcall", "X86") : -1);
                    named.add(IPC_CALLS.contains(name) ? number("ipc", "X86") : -1);
                }
            }
        }
        named.removeIf(number -> number < 0);
        return named;
    }
}
