package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.SeccompProfile;
import io.bivouac.engine.Wait;
import io.bivouac.engine.seccomp.SeccompFilters;
import io.bivouac.fixtures.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of system calls: the kernel's own word on every filter. */
class SeccompTests {
    /** Docker's, which every container has. */
    private static final long CAPABILITIES = 0xa80425fbL;

    private static final int ERROR = 0x0005_0000;
    private static final int SIGSYS = 31;
    private static final int EPERM = 1;
    private static final int ENOSYS = 38;
    private static final int EAFNOSUPPORT = 97;
    private static final String OWN = SystemCall.OWN;
    private static final boolean ON_X86 = OWN.equals("x86_64");

    private static final SeccompFilters FILTERS = new SeccompFilters();

    @TempDir
    private Path folder;

    /** Kernels may be told to run 64-bit programs only. */
    private static final boolean NARROW = ON_X86 && runsNarrowPrograms();

    private static boolean runsNarrowPrograms() {
        try {
            Path program = Files.createTempFile("narrow", "");
            try {
                Files.write(program, Programs.narrow());
                Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
                boolean runs = Commands.run(program.toString()).output().contains("uname works");
                if (!runs) {
                    System.out.println("This host runs no 32-bit programs: that containers do is not tested here.");
                }
                return runs;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            } finally {
                Files.delete(program);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ContainerSpec spec(SeccompProfile profile) {
        return ContainerSpec.of("probe:1")
                .withCommand("sleep", "0")
                .withSeccomp(profile)
                .withWait(Wait.forLog("sleeping"));
    }

    private static SeccompProfile profile(String json) {
        return new SeccompProfile.Custom("test.json", json.replace('\'', '"'));
    }

    /** Every number there is, those between, and some beyond, in every way a 64-bit program can call. */
    private static List<SystemCall> everyCall() {
        List<SystemCall> calls = new ArrayList<>();
        for (int number = 0; number < 560; number++) {
            calls.add(SystemCall.of(OWN, number));
            if (ON_X86) {
                calls.add(SystemCall.of("x86_64", number | SystemCall.X32_BIT));
            }
            if (NARROW) {
                calls.add(SystemCall.of("x86", number));
            }
        }
        calls.add(SystemCall.of(OWN, 0x3fffffff));
        calls.add(SystemCall.of(OWN, -1));
        // No arguments keep sync from making this host write all of its disks.
        calls.removeAll(List.of(SystemCall.of(OWN, ON_X86 ? 162 : 81), SystemCall.of("x86", 36)));
        return calls;
    }

    /** Calls whose arguments the standard profile looks at. */
    private static List<SystemCall> callsWithArguments() {
        List<SystemCall> calls = new ArrayList<>();
        for (long family = 0; family < 50; family++) {
            for (long above : new long[] {0, 1L << 32}) {
                calls.add(SystemCall.of(OWN, ON_X86 ? 41 : 198, family | above, -1, 0));
                if (NARROW) {
                    calls.add(SystemCall.of("x86", 359, family | above, -1, 0));
                }
            }
        }
        long[] personalities = {0, 1, 7, 8, 9, 0x20000, 0x20008, 0x20009, 0x40000, 0xffffffffL, 0x1_0000_0008L};
        for (long personality : personalities) {
            calls.add(SystemCall.of(OWN, ON_X86 ? 135 : 92, personality));
            if (NARROW) {
                calls.add(SystemCall.of("x86", 136, personality));
            }
        }
        long signal = 17;
        for (long flags :
                new long[] {0, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000}) {
            calls.add(SystemCall.of(OWN, ON_X86 ? 56 : 220, flags | signal, 0, 0, 0, 0));
            if (NARROW) {
                calls.add(SystemCall.of("x86", 120, flags | signal, 0, 0, 0, 0));
            }
        }
        return calls;
    }

    /** Refused: as the filter says. Let through: as without a filter. */
    private static void assertDecided(
            SeccompProfile profile, Map<SystemCall, String> actual, Map<SystemCall, String> unconfined) {
        SeccompProgram filter = new SeccompProgram(FILTERS.filter(profile, CAPABILITIES));
        List<String> wrong = new ArrayList<>();
        actual.forEach((call, outcome) -> {
            String expected = outcome(call.decide(filter), unconfined.getOrDefault(call, "?"));
            boolean free = isOfProbes(call) && outcome.equals(unconfined.get(call));
            if (!outcome.equals(expected) && !free) {
                wrong.add(call + ": " + outcome + ", not " + expected);
            }
        });
        assertThat(wrong).isEmpty();
        assertThat(actual).hasSizeGreaterThan(500);
    }

    /**
     * uretprobe and uprobe, which kernels since 6.14 pass by every filter: they write these calls into programs that somebody
     * observes, who would die of a refusal. Made in other places they do nothing.
     */
    private static boolean isOfProbes(SystemCall call) {
        return call.convention().equals("x86_64") && (call.number() == 335 || call.number() == 336);
    }

    private static String outcome(int verdict, String unconfined) {
        return switch (verdict & 0xffff_0000) {
            case 0x7fff_0000, 0x7ffc_0000 -> unconfined;
            case ERROR -> verdict == ERROR ? "ok" : "error " + (verdict & 0xffff);
            // There is no tracer.
            case 0x7ff0_0000 -> "error " + ENOSYS;
            default -> "signal " + SIGSYS;
        };
    }

    @Test
    void everyCallEndsAsTheFilterSaysOrAsWithoutOne() {
        List<SystemCall> calls = everyCall();
        calls.addAll(callsWithArguments());
        try (Container standard = Engines.shared().start(spec(SeccompProfile.standard()));
                Container unconfined = Engines.shared().start(spec(SeccompProfile.unconfined()))) {
            Map<SystemCall, String> free = SystemCall.make(unconfined, calls);
            Map<SystemCall, String> confined = SystemCall.make(standard, calls);

            assertDecided(SeccompProfile.standard(), confined, free);
            // The probe does tell them apart.
            assertThat(free).containsValue("ok").containsValue("ended").containsValue("blocked");
            assertThat(confined).isNotEqualTo(free);
        }
    }

    @Test
    void everyCallEndsAsAProfileOfOnesOwnSays() {
        SeccompProfile own =
                profile("{'defaultAction': 'SCMP_ACT_ALLOW', 'archMap': [{'architecture': 'SCMP_ARCH_X86_64',"
                        + " 'subArchitectures': ['SCMP_ARCH_X86']}], 'syscalls': ["
                        + "{'names': ['mkdir', 'mkdirat'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 122},"
                        + "{'names': ['uname', 'sysinfo'], 'action': 'SCMP_ACT_KILL_PROCESS'},"
                        + "{'names': ['sched_yield'], 'action': 'SCMP_ACT_TRAP'},"
                        + "{'names': ['getppid'], 'action': 'SCMP_ACT_TRACE'},"
                        + "{'names': ['gettid'], 'action': 'SCMP_ACT_LOG'},"
                        + "{'names': ['getpgid'], 'action': 'SCMP_ACT_KILL'},"
                        + "{'names': ['umask'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 0},"
                        + "{'names': ['setfsuid', 'setfsuid32'], 'action': 'SCMP_ACT_ERRNO', 'args': [{'index': 0, 'op': 'SCMP_CMP_GE',"
                        + " 'value': 18446744073709551615}]},"
                        + "{'names': ['lseek', 'fcntl'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 95, 'args': [{'index': 1, 'op':"
                        + " 'SCMP_CMP_MASKED_EQ', 'value': 15, 'valueTwo': 15}, {'index': 2, 'op': 'SCMP_CMP_NE', 'value': 7}]},"
                        + "{'names': ['socket'], 'action': 'SCMP_ACT_ERRNO', 'args': [{'index': 0, 'op': 'SCMP_CMP_EQ', 'value': 2}]}"
                        + "]}");
        List<SystemCall> calls = everyCall();
        calls.addAll(callsWithArguments());
        try (Container container = Engines.shared().start(spec(own));
                Container unconfined = Engines.shared().start(spec(SeccompProfile.unconfined()))) {
            assertDecided(own, SystemCall.make(container, calls), SystemCall.make(unconfined, calls));
        }
    }

    @Test
    void firstProcessIsUnderTheFilterAndStaysWhenItIsRestarted() throws Exception {
        List<SystemCall> calls = List.of(
                SystemCall.of(OWN, ON_X86 ? 165 : 40), SystemCall.of(OWN, ON_X86 ? 39 : 172), SystemCall.of(OWN, 435));
        ContainerSpec spec = ContainerSpec.of("probe:1")
                .withCommand(SystemCall.command(calls))
                .withWait(Wait.forExit(0));
        try (Container container = Engines.shared().start(spec)) {
            assertThat(SystemCall.outcomes(calls, container.logs()).values())
                    .containsExactly("error " + EPERM, "ok", "error " + ENOSYS);
            container.restart();
            String both = container.logs();
            assertThat(both.lines().skip(calls.size()).toList())
                    .isEqualTo(both.lines().limit(calls.size()).toList())
                    .hasSize(calls.size());
        }
    }

    @Test
    void commandOfAnotherUserIsUnderTheFilterToo() {
        try (Container container = Engines.busybox()) {
            String status = container
                    .exec(ExecSpec.of("grep", "Seccomp", "/proc/self/status").withUser("tester"))
                    .stdout();
            assertThat(status).contains("Seccomp:\t2\n").contains("Seccomp_filters:\t1\n");
        }
    }

    /** The filter's word is EPERM, also where the kernel has no such sockets: it would say that the family is unknown. */
    @Test
    void socketsOfTheHypervisorAndTheCryptoApiAreRefusedByTheFilter() {
        int socket = ON_X86 ? 41 : 198;
        List<SystemCall> sockets = List.of(SystemCall.of(OWN, socket, 38, 5, 0), SystemCall.of(OWN, socket, 40, 1, 0));
        try (Container container = Engines.shared().start(spec(SeccompProfile.standard()));
                Container unconfined = Engines.shared().start(spec(SeccompProfile.unconfined()))) {
            assertThat(SystemCall.make(container, sockets).values()).containsOnly("error " + EPERM);
            assertThat(SystemCall.make(unconfined, sockets).values())
                    .allSatisfy(outcome -> assertThat(outcome).isIn("ok", "error " + EAFNOSUPPORT));
        }
    }

    @Test
    void unconfinedContainerHasNoFilter() {
        ContainerSpec spec = ContainerSpec.of("busybox:1")
                .withSeccomp(SeccompProfile.unconfined())
                .withCommand("grep", "Seccomp", "/proc/self/status")
                .withWait(Wait.forExit(0));
        try (Container container = Engines.shared().start(spec)) {
            assertThat(container.logs()).contains("Seccomp:\t0\n").contains("Seccomp_filters:\t0\n");
        }
    }

    @Test
    void programsOf32BitsRun() throws IOException {
        if (!ON_X86) {
            assertThat(OWN).as("there is no such program for other processors").isEqualTo("aarch64");
            return;
        }
        try (Container container = Engines.busybox()) {
            container.copyTo(Programs.narrow(), "/narrow", 0755);
            if (!NARROW) {
                assertThatThrownBy(() -> container.exec("/narrow"))
                        .isInstanceOf(ContainerException.class)
                        .hasMessageContaining("the command '/narrow' is no program for this processor");
                return;
            }

            var result = container.exec("/narrow");

            assertThat(result.stdout()).isEqualTo("""
                            uname works
                            clock_gettime64 works
                            mmap2 works
                            socket works
                            socketcall fails with 38
                            fork works
                            waitpid works
                            """);
            assertThat(result.exitCode()).isEqualTo(32);
        }
    }

    /** As runc has it: the filter is loaded before privileges are given up, so it must allow that. */
    @Test
    void profileMayAllowAlmostNothing() {
        SeccompProfile least = profile(
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 13, 'syscalls': [{'names':"
                        + " ['read', 'write', 'exit_group', 'prctl', 'setgroups', 'setresgid', 'setresuid', 'capset', 'execve',"
                        // What the probe and its library need.
                        + " 'arch_prctl', 'brk', 'mprotect', 'set_tid_address', 'fstat', 'newfstatat'], 'action': 'SCMP_ACT_ALLOW'}]}");
        ContainerSpec spec = ContainerSpec.of("probe:1")
                .withSeccomp(least)
                .withUser("1000:1000")
                .withCommand("say", "hello")
                .withWait(Wait.forExit(0));
        try (Container container = Engines.shared().start(spec)) {
            assertThat(container.logs()).isEqualTo("hello\n");
        }
    }

    @Test
    void profileOfPodmanServes() throws IOException {
        Path file = Path.of("/usr/share/containers/seccomp.json");
        ContainerSpec spec = ContainerSpec.of("busybox:1")
                .withSeccomp(SeccompProfile.ofFile(file))
                .withCommand(
                        "sh", "-c", "mkdir /x && cd /x && date >now && ls && uname && chroot / true && ps | grep -c sh")
                .withWait(Wait.forExit(0));
        try (Container container = Engines.shared().start(spec)) {
            assertThat(container.logs()).startsWith("now\nLinux\n");
        }
    }

    @Test
    void malformedProfileIsSaidBeforeAnythingStarts() throws IOException {
        Path file = folder.resolve("profile.json");
        Files.writeString(
                file,
                "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"mount\"], \"action\": \"DENY\"}]}");
        ContainerSpec spec = ContainerSpec.of("no-such-image:1").withSeccomp(SeccompProfile.ofFile(file));

        assertThatThrownBy(() -> Engines.shared().start(spec))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("The seccomp profile " + file
                        + ", rule 1 (mount): 'DENY' is not an action; allowed are SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, SCMP_ACT_KILL,"
                        + " SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_LOG, SCMP_ACT_TRACE, SCMP_ACT_TRAP.");
    }

    @Test
    void missingProfileIsNamed() {
        Path file = folder.resolve("profile.json");

        assertThatThrownBy(() -> SeccompProfile.ofFile(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("The seccomp profile " + file + " does not exist.");
    }
}
