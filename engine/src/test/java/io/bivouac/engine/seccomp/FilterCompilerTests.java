package io.bivouac.engine.seccomp;

import static io.bivouac.engine.seccomp.Calls.ALLOW;
import static io.bivouac.engine.seccomp.Calls.ENOSYS;
import static io.bivouac.engine.seccomp.Calls.EPERM;
import static io.bivouac.engine.seccomp.Calls.KILL_PROCESS;
import static io.bivouac.engine.seccomp.Calls.X86_64;
import static io.bivouac.engine.seccomp.Calls.allowList;
import static io.bivouac.engine.seccomp.Calls.argument;
import static io.bivouac.engine.seccomp.Calls.arguments;
import static io.bivouac.engine.seccomp.Calls.profile;
import static io.bivouac.engine.seccomp.Calls.rule;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What rules mean, alone and together. */
class FilterCompilerTests {
    private static final String A = "SCMP_ACT_ALLOW";
    private static final String E = "SCMP_ACT_ERRNO";

    private static BpfMachine amd64(String document) {
        return Calls.compile(document, Architecture.AMD64);
    }

    private static int run(String document, String name, String convention, long... arguments) {
        return Calls.run(amd64(document), name, convention, arguments);
    }

    @ParameterizedTest
    @CsvSource({
        "EQ, 10, false, true, false",
        "NE, 10, true, false, true",
        "LT, 10, true, false, false",
        "LE, 10, true, true, false",
        "GE, 10, false, true, true",
        "GT, 10, false, false, true",
        "EQ, 4294967296, false, true, false",
        "LT, 4294967296, true, false, false",
        "LE, 4294967296, true, true, false",
        "GE, 4294967296, false, true, true",
        "GT, 4294967296, false, false, true",
        "GT, 4294967295, false, false, true",
        "LT, 9223372036854775808, true, false, false",
        "GE, 9223372036854775808, false, true, true",
        "NE, 18446744073709551614, true, false, true",
        "LE, 18446744073709551614, true, true, false"
    })
    void operatorsCompareAllBitsWithoutSign(
            String operator, String value, boolean below, boolean equal, boolean above) {
        long number = Long.parseUnsignedLong(value);
        String simple = allowList(rule(A, "ioctl", arguments(argument(1, operator, value, "0"))));
        // Together with a second argument the rule is no interval of one, and is compiled in another way.
        String chained =
                allowList(rule(A, "ioctl", arguments(argument(1, operator, value, "0"), argument(2, "EQ", "7", "0"))));
        for (String document : List.of(simple, chained)) {
            assertThat(run(document, "ioctl", "X86_64", 0, number - 1, 7) == ALLOW)
                    .isEqualTo(below);
            assertThat(run(document, "ioctl", "X86_64", 0, number, 7) == ALLOW).isEqualTo(equal);
            assertThat(run(document, "ioctl", "X86_64", 0, number + 1, 7) == ALLOW)
                    .isEqualTo(above);
        }
        assertThat(run(chained, "ioctl", "X86_64", 0, number, 8)).isEqualTo(EPERM);
        assertThat(run(chained, "ioctl", "X86_64", 0, number, 0x1_0000_0007L)).isEqualTo(EPERM);
    }

    @Test
    void maskedValuesAreComparedInBothHalves() {
        String document = allowList(
                rule(A, "ioctl", arguments(argument(0, "MASKED_EQ", "1152921504606846991", "1152921504606846977"))));
        // 0x100000000000000f and 0x1000000000000001
        assertThat(run(document, "ioctl", "X86_64", 0x1000_0000_0000_0001L)).isEqualTo(ALLOW);
        assertThat(run(document, "ioctl", "X86_64", 0xf234_5678_9abc_def1L)).isEqualTo(ALLOW);
        assertThat(run(document, "ioctl", "X86_64", 0x1000_0000_0000_0003L)).isEqualTo(EPERM);
        assertThat(run(document, "ioctl", "X86_64", 0x0000_0000_0000_0001L)).isEqualTo(EPERM);
    }

    @Test
    void conditionsOfDifferentArgumentsMustAllHold() {
        String document =
                allowList(rule(A, "socket", arguments(argument(0, "EQ", "2", "0"), argument(1, "EQ", "1", "0"))));
        assertThat(run(document, "socket", "X86_64", 2, 1)).isEqualTo(ALLOW);
        assertThat(run(document, "socket", "X86_64", 2, 3)).isEqualTo(EPERM);
        assertThat(run(document, "socket", "X86_64", 1, 1)).isEqualTo(EPERM);
    }

    @Test
    void conditionsOfOneArgumentAreAlternativesAsInDocker() {
        String document = allowList(rule(
                A,
                "socket",
                arguments(argument(0, "EQ", "2", "0"), argument(0, "EQ", "10", "0"), argument(1, "EQ", "5", "0"))));
        assertThat(run(document, "socket", "X86_64", 2, 1)).isEqualTo(ALLOW);
        assertThat(run(document, "socket", "X86_64", 10, 1)).isEqualTo(ALLOW);
        assertThat(run(document, "socket", "X86_64", 3, 5)).isEqualTo(ALLOW);
        assertThat(run(document, "socket", "X86_64", 3, 1)).isEqualTo(EPERM);
    }

    @Test
    void strictestOfTheRulesThatHoldDecidesInWhateverOrder() {
        String allow = rule(A, "socket");
        String refuse = rule(E, "socket", "\"errnoRet\": 97", arguments(argument(0, "EQ", "38", "0")));
        String kill = rule("SCMP_ACT_KILL_PROCESS", "socket", arguments(argument(0, "GT", "100", "0")));
        for (String document : List.of(allowList(allow, refuse, kill), allowList(kill, refuse, allow))) {
            assertThat(run(document, "socket", "X86_64", 2)).isEqualTo(ALLOW);
            assertThat(run(document, "socket", "X86_64", 38)).isEqualTo(0x00050000 | 97);
            assertThat(run(document, "socket", "X86_64", 101)).isEqualTo(KILL_PROCESS);
        }
    }

    @Test
    void firstOfEquallyStrictRulesDecides() {
        String document = allowList(rule(E, "ioctl", "\"errnoRet\": 5"), rule(E, "ioctl", "\"errnoRet\": 6"));
        assertThat(run(document, "ioctl", "X86_64")).isEqualTo(0x00050005);
    }

    @Test
    void ruleLikeTheDefaultStillOutweighsWeakerOnes() {
        String document = allowList(rule(A, "socket"), rule(E, "socket", arguments(argument(0, "EQ", "40", "0"))));
        assertThat(run(document, "socket", "X86_64", 40)).isEqualTo(EPERM);
        assertThat(run(document, "socket", "X86_64", 41)).isEqualTo(ALLOW);
    }

    @Test
    void everyActionIsTheKernels() {
        assertThat(run(allowList(rule("SCMP_ACT_KILL", "ioctl")), "ioctl", "X86_64"))
                .isZero();
        assertThat(run(allowList(rule("SCMP_ACT_KILL_THREAD", "ioctl")), "ioctl", "X86_64"))
                .isZero();
        assertThat(run(allowList(rule("SCMP_ACT_KILL_PROCESS", "ioctl")), "ioctl", "X86_64"))
                .isEqualTo(0x80000000);
        assertThat(run(allowList(rule("SCMP_ACT_TRAP", "ioctl")), "ioctl", "X86_64"))
                .isEqualTo(0x00030000);
        assertThat(run(allowList(rule("SCMP_ACT_TRACE", "ioctl", "\"errnoRet\": 77")), "ioctl", "X86_64"))
                .isEqualTo(0x7ff0004d);
        assertThat(run(allowList(rule("SCMP_ACT_LOG", "ioctl")), "ioctl", "X86_64"))
                .isEqualTo(0x7ffc0000);
        assertThat(run(allowList(rule(E, "ioctl", "\"errno\": \"ENOTTY\"")), "ioctl", "X86_64"))
                .isEqualTo(0x00050019);
    }

    @Test
    void negativeValuesMeanTheSameTo32BitPrograms() {
        String document = allowList(rule(A, "ioctl", arguments(argument(0, "EQ", "18446744073709551615", "0"))));
        assertThat(run(document, "ioctl", "X86_64", -1)).isEqualTo(ALLOW);
        assertThat(run(document, "ioctl", "X86_64", 0xffffffffL)).isEqualTo(EPERM);
        assertThat(run(document, "ioctl", "X86", 0xffffffffL)).isEqualTo(ALLOW);
    }

    @Test
    void highHalvesOf32BitCallsDoNotCount() {
        // A 64-bit program that calls by int 0x80 may put anything there; the kernel looks at the low halves alone.
        String document = profile(
                A,
                rule(E, "personality", arguments(argument(0, "EQ", "8", "0"))),
                rule(E, "ioctl", arguments(argument(0, "EQ", "8", "0"), argument(1, "LT", "4", "0"))));
        assertThat(run(document, "personality", "X86", 0x7_0000_0008L)).isEqualTo(EPERM);
        assertThat(run(document, "ioctl", "X86", 0x7_0000_0008L, 0x9_0000_0003L))
                .isEqualTo(EPERM);
        assertThat(run(document, "ioctl", "X86", 8, 4)).isEqualTo(ALLOW);
    }

    @Test
    void valuesOfMoreThan32BitsAreAboveAllOf32BitPrograms() {
        String document = allowList(
                rule(A, "ioctl", arguments(argument(0, "LT", "4294967296", "0"), argument(1, "GE", "0", "0"))),
                rule(A, "fcntl", arguments(argument(0, "GT", "4294967296", "0"), argument(1, "GE", "0", "0"))),
                rule(A, "flock", arguments(argument(0, "NE", "4294967296", "0"))));
        assertThat(run(document, "ioctl", "X86", 0xffffffffL)).isEqualTo(ALLOW);
        assertThat(run(document, "fcntl", "X86", 0xffffffffL)).isEqualTo(EPERM);
        assertThat(run(document, "flock", "X86", 0)).isEqualTo(ALLOW);
    }

    @Test
    void refusingSocketsConcernsSocketcallToo() {
        String refused = profile(A, rule(E, "socket", arguments(argument(0, "EQ", "38", "0"))), rule(E, "shmget"));
        // Which family it is about lies in memory.
        assertThat(run(refused, "socketcall", "X86", 1)).isEqualTo(EPERM);
        assertThat(run(refused, "socketcall", "X86", 0x1_0000_0001L)).isEqualTo(EPERM);
        assertThat(run(refused, "socketcall", "X86", 3)).isEqualTo(ALLOW);
        assertThat(run(refused, "ipc", "X86", 23)).isEqualTo(EPERM);
        assertThat(run(refused, "ipc", "X86", 23 | 1 << 16)).isEqualTo(EPERM);
        assertThat(run(refused, "ipc", "X86", 24)).isEqualTo(ALLOW);
    }

    @Test
    void allowingSocketsConcernsSocketcallOnlyWithoutConditions() {
        String allowed = allowList(rule(A, "connect"), rule(A, "socket", arguments(argument(0, "EQ", "2", "0"))));
        assertThat(run(allowed, "socketcall", "X86", 3)).isEqualTo(ALLOW);
        assertThat(run(allowed, "socketcall", "X86", 1)).isEqualTo(EPERM);
    }

    @Test
    void callsNewerThanAnyOfTheRulesDoNotExist() {
        String document = allowList(rule(A, "openat2"));
        int openat2 = 437;
        BpfMachine machine = amd64(document);
        assertThat(machine.run(openat2 - 1, X86_64, new long[6])).isEqualTo(EPERM);
        assertThat(machine.run(openat2 + 1, X86_64, new long[6])).isEqualTo(ENOSYS);
        assertThat(machine.run(600, X86_64, new long[6])).isEqualTo(ENOSYS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE"})
    void callsNewerThanTheRulesOfADenyListArePermitted(String action) {
        BpfMachine machine = amd64(profile(action, rule(E, "mount")));
        assertThat(machine.run(600, X86_64, new long[6])).isEqualTo(machine.run(3, X86_64, new long[6]));
    }

    @Test
    void namesOfNoSystemCallSayNothing() {
        String document = allowList(rule(A, "openat2 summon_demons"));
        assertThat(run(document, "openat2", "X86_64")).isEqualTo(ALLOW);
    }

    @Test
    void waysOfCallingThatTheProfileLeavesOutKill() {
        String all = allowList(rule(A, "getpid"));
        String own = all.replace("\"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"", "");
        assertThat(run(all, "getpid", "X86")).isEqualTo(ALLOW);
        assertThat(run(all, "getpid", "X32")).isEqualTo(ALLOW);
        assertThat(run(own, "getpid", "X86")).isEqualTo(KILL_PROCESS);
        assertThat(run(own, "getpid", "X32")).isEqualTo(KILL_PROCESS);
        assertThat(run(own, "getpid", "X86_64")).isEqualTo(ALLOW);
        // A tracer's way to leave a call out.
        assertThat(amd64(own).run(-1, X86_64, new long[6])).isEqualTo(ENOSYS);
    }

    @Test
    void listOfArchitecturesMayStandForTheMap() {
        String document = "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"SCMP_ARCH_X86\"]}";
        assertThat(run(document, "getpid", "X86_64")).isEqualTo(ALLOW);
        assertThat(run(document, "getpid", "X86")).isEqualTo(ALLOW);
        assertThat(run(document, "getpid", "X32")).isEqualTo(KILL_PROCESS);
    }

    @Test
    void conditionsOfRulesLookAtCapabilitiesProcessorAndKernel() {
        String document = allowList(
                rule(A, "ioctl", "\"includes\": {\"caps\": [\"CAP_CHOWN\", \"CAP_SYS_ADMIN\"]}"),
                rule(A, "fcntl", "\"excludes\": {\"caps\": [\"CAP_CHOWN\", \"CAP_SYS_ADMIN\"]}"),
                rule(A, "flock", "\"includes\": {\"arches\": [\"arm64\"]}"),
                rule(A, "fsync", "\"includes\": {\"minKernel\": \"6.2\"}"),
                rule(A, "ftruncate", "\"excludes\": {\"minKernel\": \"6.1\"}"));
        // Docker's capabilities, Linux 6.1.
        assertThat(run(document, "ioctl", "X86_64")).isEqualTo(EPERM);
        assertThat(run(document, "fcntl", "X86_64")).isEqualTo(EPERM);
        assertThat(run(document, "flock", "X86_64")).isEqualTo(EPERM);
        assertThat(Calls.run(Calls.compile(document, Architecture.ARM64), "flock", "AARCH64"))
                .isEqualTo(ALLOW);
        assertThat(run(document, "fsync", "X86_64")).isEqualTo(EPERM);
        assertThat(run(document, "ftruncate", "X86_64")).isEqualTo(EPERM);
    }

    @Test
    void profileUnderWhichNothingStartsIsRefused() {
        String document = "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": ["
                + rule(A, "read write exit_group prctl setgroups setresgid setresuid execve") + "]}";
        assertThatThrownBy(() -> amd64(document))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("The seccomp profile p refuses capset, without which no command can be started under it."
                        + " Allow read, write, exit_group, prctl, setgroups, setresgid, setresuid, capset, execve.");
        assertThatThrownBy(() -> amd64(profile(A, rule("SCMP_ACT_KILL", "execve"))))
                .hasMessageStartingWith("The seccomp profile p refuses execve,");
    }

    @Test
    void profileTooLargeForTheKernelIsRefused() {
        List<String> rules = new ArrayList<>();
        for (int i = 0; i < 800; i++) {
            rules.add(rule(
                    A, "ioctl", arguments(argument(0, "EQ", i + "", "0"), argument(1, "MASKED_EQ", "255", i + ""))));
        }
        assertThatThrownBy(() -> amd64(allowList(rules.toArray(String[]::new))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "The seccomp profile p is too large: the kernel takes a filter of at most 4096 instructions, and it"
                                + " needs more. Give it fewer rules with arguments.");
    }

    @Test
    void jumpsReachThroughTheLargestProgram() {
        List<String> rules = new ArrayList<>();
        for (int i = 0; i < 450; i++) {
            rules.add(rule(A, "ioctl", arguments(argument(1, "EQ", 3L * i + "", "0"))));
        }
        BpfMachine machine = amd64(allowList(rules.toArray(String[]::new)));
        assertThat(machine.length()).isBetween(2500, 4096);
        IntStream.range(0, 1500)
                .forEach(value -> assertThat(Calls.run(machine, "ioctl", "X86_64", 0, value))
                        .as("value " + value)
                        .isEqualTo(value % 3 == 0 && value < 1350 ? ALLOW : EPERM));
        assertThat(Calls.run(machine, "read", "X86")).isEqualTo(ALLOW);
    }

    @Test
    void hostileProfilesTakeNoTime() {
        List<String> rules = new ArrayList<>();
        String names = String.join(
                " ",
                ReferenceFilter.CALLS.stream().map(ReferenceFilter.Call::name).toList());
        for (int i = 0; i < 1000; i++) {
            rules.add(rule(
                    A, names, arguments(argument(0, "EQ", 7L * i + "", "0"), argument(0, "GT", "5000000000", "0"))));
        }
        String document = allowList(rules.toArray(String[]::new));
        long start = System.nanoTime();
        assertThatThrownBy(() -> amd64(document)).isInstanceOf(ConfigurationException.class);
        assertThat((System.nanoTime() - start) / 1e9).isLessThan(20);
    }
}
