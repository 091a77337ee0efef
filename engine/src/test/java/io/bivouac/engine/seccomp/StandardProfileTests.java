package io.bivouac.engine.seccomp;

import static io.bivouac.engine.seccomp.Calls.ALLOW;
import static io.bivouac.engine.seccomp.Calls.ENOSYS;
import static io.bivouac.engine.seccomp.Calls.EPERM;
import static io.bivouac.engine.seccomp.Calls.KILL_PROCESS;
import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.SeccompProfile;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.seccomp.ReferenceFilter.Call;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The filter containers run under, call by call. */
class StandardProfileTests {
    private static final String DOCUMENT =
            new String(StandardProfile.resource("standard-profile.json"), StandardCharsets.UTF_8);

    /** Capabilities by their bits that the profile opens calls for. */
    private static final Map<String, Integer> CAPABILITIES = new TreeMap<>(Map.ofEntries(
            Map.entry("CAP_DAC_READ_SEARCH", 2),
            Map.entry("CAP_SYS_MODULE", 16),
            Map.entry("CAP_SYS_RAWIO", 17),
            Map.entry("CAP_SYS_CHROOT", 18),
            Map.entry("CAP_SYS_PTRACE", 19),
            Map.entry("CAP_SYS_PACCT", 20),
            Map.entry("CAP_SYS_ADMIN", 21),
            Map.entry("CAP_SYS_BOOT", 22),
            Map.entry("CAP_SYS_NICE", 23),
            Map.entry("CAP_SYS_TIME", 25),
            Map.entry("CAP_SYS_TTY_CONFIG", 26),
            Map.entry("CAP_SYSLOG", 34),
            Map.entry("CAP_PERFMON", 38),
            Map.entry("CAP_BPF", 39)));

    static List<String> conventions() {
        return ReferenceFilter.COLUMNS;
    }

    private static BpfMachine machine(String convention) {
        return new BpfMachine(StandardProfile.filter(Calls.CAPABILITIES, Calls.architecture(convention)));
    }

    private static int run(String name, String convention, long... arguments) {
        return Calls.run(machine(convention), name, convention, arguments);
    }

    private static boolean exists(String name, String convention) {
        return SystemCalls.number(CallingConvention.valueOf(convention), name).isPresent();
    }

    @ParameterizedTest
    @MethodSource("conventions")
    void callsThatReachBeyondAContainerAreRefused(String convention) {
        List<String> refused = List.of(
                ("mount umount2 umount pivot_root setns unshare move_mount open_tree fsopen fsconfig fsmount fspick"
                                + " mount_setattr open_by_handle_at init_module finit_module delete_module kexec_load"
                                + " kexec_file_load reboot swapon swapoff acct bpf perf_event_open userfaultfd add_key"
                                + " request_key keyctl io_uring_setup io_uring_enter io_uring_register settimeofday stime"
                                + " clock_settime clock_settime64 iopl ioperm sethostname setdomainname syslog quotactl"
                                + " quotactl_fd fanotify_init kcmp pidfd_getfd process_madvise move_pages migrate_pages mbind"
                                + " set_mempolicy get_mempolicy vhangup sysfs ustat uselib nfsservctl lookup_dcookie vm86"
                                + " vm86old bdflush lsm_get_self_attr lsm_set_self_attr lsm_list_modules")
                        .split(" "));
        for (String name : refused) {
            if (exists(name, convention)) {
                assertThat(run(name, convention)).as(name).isEqualTo(EPERM);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("conventions")
    void whatProgramsLiveOnPasses(String convention) {
        List<String> allowed = List.of(
                ("read write open openat openat2 close close_range stat fstat statx mmap mmap2 mprotect munmap brk"
                                + " rt_sigaction rt_sigreturn sigreturn ioctl pread64 preadv2 select poll ppoll epoll_wait pipe2"
                                + " sched_yield nanosleep clock_nanosleep getpid fork vfork execve execveat exit exit_group wait4"
                                + " waitid kill uname fcntl fsync fchmodat2 chown mknod chroot ptrace process_vm_readv prctl"
                                + " arch_prctl set_tid_address futex futex_time64 futex_waitv seccomp landlock_restrict_self"
                                + " getrandom memfd_create rseq name_to_handle_at inotify_init1 eventfd2 accept4 sendmmsg socketcall"
                                + " ipc semop shmat mq_open cachestat statmount listmount setxattrat set_tls cacheflush"
                                + " arm_sync_file_range arm_fadvise64_64 modify_ldt set_thread_area uretprobe io_setup")
                        .split(" "));
        for (String name : allowed) {
            if (exists(name, convention)) {
                assertThat(run(name, convention)).as(name).isEqualTo(ALLOW);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("conventions")
    void everyNumberIsDecidedAsTheDocumentSays(String convention) {
        Architecture architecture = Calls.architecture(convention);
        ReferenceFilter reference = new ReferenceFilter(DOCUMENT, architecture.token(), Set.of("CAP_SYS_CHROOT"), 6, 1);
        compareEveryNumber(machine(convention), reference, convention, "");
    }

    /** Those of the table, those between and far beyond. */
    private static void compareEveryNumber(
            BpfMachine machine, ReferenceFilter reference, String convention, String what) {
        int audit = Calls.ARCHITECTURES.getOrDefault(convention, 0);
        int bit = convention.equals("X32") ? Calls.X32_BIT : 0;
        long[] arguments = new long[6];
        LongStream numbers = LongStream.concat(
                LongStream.range(0, 600),
                LongStream.of(0xeffff, 0xf0000, 0xf0001, 0xf0005, 0xf0006, 0xf0007, 0x3fffffff));
        numbers.forEach(number -> assertThat(machine.run((int) number | bit, audit, arguments))
                .as("call " + number + " of " + convention + what)
                .isEqualTo(reference.decide((int) number | bit, audit, arguments)));
    }

    static Stream<String> capabilities() {
        return CAPABILITIES.keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("capabilities")
    void capabilityOpensItsCallsAndNoOthers(String capability) {
        for (String convention : conventions()) {
            Architecture architecture = Calls.architecture(convention);
            long bits = 1L << CAPABILITIES.getOrDefault(capability, 0);
            compareEveryNumber(
                    new BpfMachine(StandardProfile.filter(bits, architecture)),
                    new ReferenceFilter(DOCUMENT, architecture.token(), Set.of(capability), 6, 1),
                    convention,
                    " with " + capability);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "CAP_SYS_ADMIN, mount setns clone3 bpf perf_event_open syslog unshare fanotify_init",
        "CAP_SYS_CHROOT, chroot",
        "CAP_SYS_PTRACE, kcmp pidfd_getfd process_madvise",
        "CAP_BPF, bpf",
        "CAP_PERFMON, perf_event_open",
        "CAP_SYSLOG, syslog",
        "CAP_SYS_NICE, mbind set_mempolicy",
        "CAP_SYS_TIME, clock_settime settimeofday",
        "CAP_SYS_MODULE, init_module finit_module",
        "CAP_SYS_BOOT, reboot",
        "CAP_SYS_RAWIO, iopl ioperm",
        "CAP_SYS_PACCT, acct",
        "CAP_SYS_TTY_CONFIG, vhangup",
        "CAP_DAC_READ_SEARCH, open_by_handle_at"
    })
    void capabilityIsWhatItTakes(String capability, String names) {
        long bit = 1L << CAPABILITIES.getOrDefault(capability, 0);
        BpfMachine with = new BpfMachine(StandardProfile.filter(bit, Architecture.AMD64));
        BpfMachine without = new BpfMachine(StandardProfile.filter(0, Architecture.AMD64));
        for (String name : names.split(" ", -1)) {
            assertThat(Calls.run(with, name, "X86_64")).as(name).isEqualTo(ALLOW);
            assertThat(Calls.run(without, name, "X86_64")).as(name).isNotEqualTo(ALLOW);
        }
    }

    @ParameterizedTest
    @MethodSource("conventions")
    void newNamespacesAreRefusedAndForksAreNot(String convention) {
        assertThat(run("clone", convention, 0x01200011)).isEqualTo(ALLOW);
        long namespaces = 0x7e020000L;
        for (int bit = 0; bit < 64; bit++) {
            boolean isNamespace = (namespaces >>> bit & 1) != 0;
            assertThat(run("clone", convention, 1L << bit)).as("bit " + bit).isEqualTo(isNamespace ? EPERM : ALLOW);
        }
        assertThat(run("clone", convention, -1L)).isEqualTo(EPERM);
        // Its flags lie in memory: a library falls back to clone.
        assertThat(run("clone3", convention)).isEqualTo(ENOSYS);
    }

    @ParameterizedTest
    @MethodSource("conventions")
    void familiesOfSocketsAreThoseThatProgramsUse(String convention) {
        // UNIX to ROSE, NETBEUI to ASH, RDS SNA, PPPOX, LLC to RXRPC, PHONET IEEE802154, NFC, KCM to MCTP.
        Set<Long> allowed = Set.of(
                0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L, 13L, 14L, 15L, 16L, 17L, 18L, 21L, 22L, 24L, 26L, 27L,
                28L, 29L, 30L, 31L, 32L, 33L, 35L, 36L, 39L, 41L, 42L, 43L, 44L, 45L);
        for (long family = 0; family < 100; family++) {
            int expected = allowed.contains(family) ? ALLOW : EPERM;
            assertThat(run("socket", convention, family)).as("family " + family).isEqualTo(expected);
            // The kernel looks at the low half: 32-bit calls may have anything in the high one, others are refused it.
            boolean narrow = CallingConvention.valueOf(convention).isNarrow();
            assertThat(run("socket", convention, family | 0x5_0000_0000L))
                    .as("family " + family + " with more above it")
                    .isEqualTo(narrow ? expected : EPERM);
        }
        int afAlg = 38;
        int afVsock = 40;
        assertThat(run("socket", convention, afAlg)).isEqualTo(EPERM);
        assertThat(run("socket", convention, afVsock)).isEqualTo(EPERM);
        if (exists("socketcall", convention)) {
            int makeSocket = 1;
            int connect = 3;
            assertThat(run("socketcall", convention, makeSocket)).isEqualTo(ENOSYS);
            assertThat(run("socketcall", convention, makeSocket | 0x5_0000_0000L))
                    .isEqualTo(ENOSYS);
            assertThat(run("socketcall", convention, connect)).isEqualTo(ALLOW);
        }
    }

    @ParameterizedTest
    @MethodSource("conventions")
    void personalitiesAreThoseThatTakeNoProtectionAway(String convention) {
        Set<Long> allowed = Set.of(0L, 8L, 0x20000L, 0x20008L, 0xffffffffL);
        for (long value : allowed) {
            for (long near = value - 2; near <= value + 2; near++) {
                long seen = CallingConvention.valueOf(convention).isNarrow() ? near & 0xffffffffL : near;
                assertThat(run("personality", convention, near))
                        .as("personality 0x%x", near)
                        .isEqualTo(allowed.contains(seen) ? ALLOW : EPERM);
            }
        }
        long addressSpaceNotRandom = 0x0040000;
        assertThat(run("personality", convention, addressSpaceNotRandom)).isEqualTo(EPERM);
    }

    @ParameterizedTest
    @MethodSource("conventions")
    void callsNewerThanTheProfileDoNotExist(String convention) {
        int newest = Calls.number("removexattrat", convention);
        BpfMachine machine = machine(convention);
        int audit = Calls.ARCHITECTURES.getOrDefault(convention, 0);
        assertThat(machine.run(newest, audit, new long[6])).isEqualTo(ALLOW);
        for (int number : new int[] {newest + 1, newest + 2, newest + 40, newest + 0x10000, newest + 0x20000000}) {
            assertThat(machine.run(number, audit, new long[6]))
                    .as("call " + number)
                    .isEqualTo(ENOSYS);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"AMD64", "ARM64"})
    void whoeverCallsInAnotherWayIsKilled(String name) {
        BpfMachine machine = new BpfMachine(StandardProfile.filter(0, Architecture.valueOf(name)));
        int riscv = 0xc00000f3;
        assertThat(machine.run(1, riscv, new long[6])).isEqualTo(KILL_PROCESS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"AMD64", "ARM64"})
    void filtersOfTheJarAreWhatTheCompilerMakes(String name) {
        Architecture architecture = Architecture.valueOf(name);
        for (long capabilities : StandardProfile.PREPARED) {
            assertThat(StandardProfile.resource(StandardProfile.preparedName(capabilities, architecture)))
                    .isEqualTo(StandardProfile.compile(capabilities, architecture));
        }
    }

    /** Loads the engine anew and tells what it loaded. */
    private static final class FreshLoader extends URLClassLoader {
        private FreshLoader() {
            super(
                    new URL[] {
                        SeccompFilters.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                    },
                    null);
        }

        private boolean hasLoaded(Class<?> type) {
            return findLoadedClass(type.getName()) != null;
        }
    }

    @Test
    void firstContainerWaitsForNoParserAndNoCompiler() throws Exception {
        try (FreshLoader loader = new FreshLoader()) {
            Class<?> filters = loader.loadClass(SeccompFilters.class.getName());
            Class<?> profile = loader.loadClass(SeccompProfile.class.getName());
            Object filter = filters.getMethod("filter", profile, long.class)
                    .invoke(
                            filters.getConstructor().newInstance(),
                            profile.getMethod("standard").invoke(null),
                            Calls.CAPABILITIES);

            assertThat(filter).isEqualTo(StandardProfile.compile(Calls.CAPABILITIES, Architecture.host()));
            assertThat(loader.hasLoaded(StandardProfile.class)).isTrue();
            for (Class<?> type : List.of(FilterCompiler.class, ProfileParser.class, SystemCalls.class, Json.class)) {
                assertThat(loader.hasLoaded(type)).as(type.getName()).isFalse();
            }
        }
    }

    @Test
    void filtersForTheCapabilitiesOfContainersLieInTheJar() {
        assertThat(StandardProfile.PREPARED).contains(Calls.CAPABILITIES & StandardProfile.CAPABILITIES);
    }

    @Test
    void capabilitiesThatDecideAreThoseTheProfileNames() {
        long named = StandardProfile.parse().rules().stream()
                .mapToLong(
                        rule -> rule.includes().capabilities() | rule.excludes().capabilities())
                .reduce(0, (one, other) -> one | other);
        assertThat(StandardProfile.CAPABILITIES).isEqualTo(named);
    }

    @Test
    void kernelsThatThereIsAnEngineForHaveOneFilter() {
        byte[] oldest = StandardProfile.compile(Calls.CAPABILITIES, Architecture.AMD64);
        assertThat(FilterCompiler.compile(
                        StandardProfile.parse(), Calls.CAPABILITIES, Architecture.AMD64, new KernelVersion(99, 0)))
                .isEqualTo(oldest);
        BpfMachine ancient = new BpfMachine(FilterCompiler.compile(
                StandardProfile.parse(), Calls.CAPABILITIES, Architecture.AMD64, new KernelVersion(4, 7)));
        assertThat(Calls.run(ancient, "ptrace", "X86_64")).isEqualTo(EPERM);
    }

    @Test
    void everyNameExistsSomewhere() {
        Set<String> ofOtherProcessors = Set.of("riscv_hwprobe", "utimensat_time64");
        for (Rule rule : StandardProfile.parse().rules()) {
            for (String name : rule.names()) {
                if (!ofOtherProcessors.contains(name)) {
                    assertThat(ReferenceFilter.CALLS.stream().map(Call::name)).contains(name);
                }
            }
        }
    }

    /** What loading takes grows with it. */
    @Test
    void filtersAreSmall() {
        assertThat(machine("X86_64").length()).isLessThanOrEqualTo(400);
        assertThat(machine("AARCH64").length()).isLessThanOrEqualTo(250);
    }
}
