package io.bivouac.engine.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Random calls, under the standard profile and under random ones, decided by the program and by the reference. */
class RandomFilterTests {
    private static final int PROFILES = 1000;
    private static final int CALLS = 250;
    private static final int STANDARD_CALLS = 50_000;

    private static final List<String> NAMES = List.of(
            ("open socket bind sendto socketcall semop msgget shmctl ipc clone clone3 personality fchroot uretprobe"
                            + " removexattrat preadv2 ioctl rt_sigaction set_tls cacheflush arm_sync_file_range sync_file_range2"
                            + " recv send accept4 no_such_call_yet umount modify_ldt getpid kill time mmap2")
                    .split(" "));
    private static final List<String> ACTIONS = List.of(
            "SCMP_ACT_ALLOW",
            "SCMP_ACT_ALLOW",
            "SCMP_ACT_ALLOW",
            "SCMP_ACT_ERRNO",
            "SCMP_ACT_ERRNO",
            "SCMP_ACT_LOG",
            "SCMP_ACT_TRACE",
            "SCMP_ACT_TRAP",
            "SCMP_ACT_KILL",
            "SCMP_ACT_KILL_THREAD",
            "SCMP_ACT_KILL_PROCESS");
    private static final List<String> OPERATORS = List.of("EQ", "NE", "LT", "LE", "GT", "GE", "MASKED_EQ");
    private static final List<Long> VALUES = List.of(
            0L,
            1L,
            2L,
            11L,
            40L,
            0x7e020000L,
            0x7fffffffL,
            0x80000000L,
            0xfffffffeL,
            0xffffffffL,
            0x1_0000_0000L,
            0x1_0000_0001L,
            0x1_ffff_ffffL,
            0x7fff_ffff_ffff_ffffL,
            0x8000_0000_0000_0000L,
            0xffff_ffff_0000_0000L,
            0xffff_ffff_7fff_ffffL,
            0xffff_ffff_8000_0000L,
            -16L,
            -2L,
            -1L);
    private static final List<String> CAPABILITIES = List.of("CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_BPF");
    private static final List<Integer> FOREIGN = List.of(0, 0x40000028 ^ 1, 0xc00000f3);

    private final Random random = new Random(20260101);

    @Test
    void standardProfileDecidesAsItsDocumentSays() {
        String document = new String(StandardProfile.resource("standard-profile.json"), StandardCharsets.UTF_8);
        for (Architecture architecture : Architecture.values()) {
            BpfMachine machine = new BpfMachine(StandardProfile.filter(Calls.CAPABILITIES, architecture));
            ReferenceFilter reference =
                    new ReferenceFilter(document, architecture.token(), Set.of("CAP_SYS_CHROOT", "CAP_CHOWN"), 6, 1);
            compare(machine, reference, STANDARD_CALLS / CALLS / Architecture.values().length, "the standard profile");
        }
    }

    @Test
    void anyProfileDecidesAsItsDocumentSays() {
        int longest = 0;
        for (int i = 0; i < PROFILES; i++) {
            String document = profile();
            Set<String> capabilities = some(CAPABILITIES);
            Architecture architecture = pick(List.of(Architecture.values()));
            BpfMachine machine = new BpfMachine(FilterCompiler.compile(
                    ProfileParser.parse("p", document), bits(capabilities), architecture, new KernelVersion(5, 15)));
            longest = Math.max(longest, machine.length());
            compare(
                    machine,
                    new ReferenceFilter(document, architecture.token(), capabilities, 5, 15),
                    1,
                    document + " with " + capabilities);
        }
        assertThat(longest).as("some jumps were too far for the machine").isGreaterThan(600);
    }

    private void compare(BpfMachine machine, ReferenceFilter reference, int times, String what) {
        for (int i = 0; i < times * CALLS; i++) {
            int architecture = auditArchitecture();
            int number = number();
            long[] arguments = random.longs(6).map(this::argument).toArray();
            int expected = reference.decide(number, architecture, arguments);
            int actual = machine.run(number, architecture, arguments);
            if (actual != expected) {
                assertThat("0x%08x".formatted(actual))
                        .as(
                                "call 0x%x of architecture 0x%x with %x %x %x… under %s",
                                number, architecture, arguments[0], arguments[1], arguments[2], what)
                        .isEqualTo("0x%08x".formatted(expected));
            }
        }
    }

    private int auditArchitecture() {
        return random.nextInt(50) == 0 ? pick(FOREIGN) : pick(List.copyOf(Calls.ARCHITECTURES.values()));
    }

    private int number() {
        int number = switch (random.nextInt(10)) {
            case 0 -> random.nextInt();
            case 1 -> pick(List.of(511, 512, 547, 548, 0xeffff, 0xf0000, 0xf0006, 0xf0007, -1, 0x7fffffff));
            case 2, 3 -> random.nextInt(600);
            case 4 -> pick(ReferenceFilter.CALLS).numbers().get(random.nextInt(5)) + random.nextInt(3) - 1;
            default -> named().numbers().get(random.nextInt(5));
        };
        return random.nextInt(3) == 0 ? number | Calls.X32_BIT : number;
    }

    private ReferenceFilter.Call named() {
        String name = pick(NAMES);
        return ReferenceFilter.CALLS.stream()
                .filter(call -> call.name().equals(name))
                .findFirst()
                .orElseGet(() -> pick(ReferenceFilter.CALLS));
    }

    private long argument(long any) {
        long value = pick(VALUES) + random.nextInt(3) - 1;
        return switch (random.nextInt(5)) {
            case 0 -> any;
            case 1 -> (value & 0xffffffffL) | (any << 32);
            case 2 -> random.nextInt(64);
            default -> value;
        };
    }

    private String profile() {
        List<String> rules = new ArrayList<>();
        int count = random.nextInt(20);
        for (int i = 0; i < count; i++) {
            rules.add(rule());
        }
        String profile = Calls.profile(pick(ACTIONS), rules.toArray(String[]::new));
        return switch (random.nextInt(4)) {
            case 0 -> profile.replace("\"SCMP_ARCH_X86\"", "\"SCMP_ARCH_MIPS\"");
            case 1 -> profile.replace("\"SCMP_ARCH_X32\"", "\"SCMP_ARCH_S390\"");
            case 2 ->
                profile.replaceFirst(
                        "\"archMap\": \\[.*?\\],? *\"syscalls\"",
                        "\"architectures\": "
                                + quoted(some(
                                        List.of("SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_ARM", "SCMP_ARCH_PPC")))
                                + ", \"syscalls\"");
            default -> profile;
        };
    }

    private String rule() {
        Set<String> names = some(NAMES);
        names.add(pick(NAMES));
        String action = pick(ACTIONS);
        List<String> more = new ArrayList<>();
        if (action.equals("SCMP_ACT_ERRNO") && random.nextBoolean()) {
            more.add("\"errnoRet\": " + random.nextInt(4096));
        }
        if (random.nextInt(3) > 0) {
            List<String> arguments = new ArrayList<>();
            int count = random.nextInt(4);
            for (int i = 0; i < count; i++) {
                arguments.add(Calls.argument(random.nextInt(3), pick(OPERATORS), value(), value()));
            }
            more.add(Calls.arguments(arguments.toArray(String[]::new)));
        }
        if (random.nextInt(4) == 0) {
            more.add("\"includes\": " + where());
        }
        if (random.nextInt(4) == 0) {
            more.add("\"excludes\": " + where());
        }
        return Calls.rule(action, String.join(" ", names), more.toArray(String[]::new));
    }

    private String value() {
        return Long.toUnsignedString(pick(VALUES));
    }

    private String where() {
        List<String> fields = new ArrayList<>();
        if (random.nextBoolean()) {
            fields.add("\"caps\": " + quoted(some(CAPABILITIES)));
        }
        if (random.nextInt(3) == 0) {
            fields.add("\"arches\": " + quoted(some(List.of("amd64", "arm64", "x86", "s390x"))));
        }
        if (random.nextInt(3) == 0) {
            fields.add("\"minKernel\": \"" + pick(List.of("4.8", "5.14", "5.15", "5.16", "6.1")) + "\"");
        }
        return "{" + String.join(", ", fields) + "}";
    }

    private static String quoted(Set<String> words) {
        return words.stream().map(word -> "\"" + word + "\"").collect(Collectors.joining(", ", "[", "]"));
    }

    private static long bits(Set<String> capabilities) {
        return (capabilities.contains("CAP_CHOWN") ? 1 : 0)
                | (capabilities.contains("CAP_SYS_ADMIN") ? 1L << 21 : 0)
                | (capabilities.contains("CAP_BPF") ? 1L << 39 : 0);
    }

    private Set<String> some(List<String> all) {
        Set<String> some = new LinkedHashSet<>();
        int count = random.nextInt(Math.min(all.size(), 6) + 1);
        for (int i = 0; i < count; i++) {
            some.add(pick(all));
        }
        return some;
    }

    private <T> T pick(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }
}
