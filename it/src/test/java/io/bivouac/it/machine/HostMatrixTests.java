package io.bivouac.it.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.fixtures.VirtualHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Hosts as most users have them: pure cgroup v2 under systemd, with AppArmor or SELinux; and as they were, with v1. They run here
 * as virtual machines, at the same time, without the help of the processor, so that a few tests are all that fits into every build.
 *
 * <p>{@code -Dbivouac.matrix=all} runs what a host can change the outcome of, and prints what was run.
 */
@Isolated
@Tag("root")
@Tag("machine")
@Timeout(value = 2, unit = TimeUnit.HOURS)
class HostMatrixTests {
    private static final boolean ALL = System.getProperty("bivouac.matrix", "").equals("all");
    private static final Duration LIMIT = ALL ? Duration.ofMinutes(100) : Duration.ofMinutes(20);

    /** What a kernel can change the outcome of, and a machine without registries, compilers and other engines can run. */
    private static final List<String> WHOLE = List.of(
            "IsolationTests",
            "ContainerLifecycleTests",
            "ExecTests",
            "TerminalTests",
            "LogTests",
            "HealthTests",
            "RedisTests");

    /** A policy keeps containers from mounting, and from the host's devices, whatever else they may. */
    private static final String UNLABELLED = "ConfinementTests";

    private static final List<String> SELECTION = ALL ? with(UNLABELLED, WHOLE) : List.of("IsolationTests");
    private static final List<String> SELINUX = ALL ? with("SelinuxCases", WHOLE) : List.of("SelinuxCases");
    private static final List<String> LIMITS = List.of("LimitTests");
    private static final List<String> VERSION1 = List.of("LimitTests", "ContainerLifecycleTests");

    /** As systemd mounted them before version 2, without a hierarchy of that version beside them. */
    private static final String LEGACY =
            "systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1";

    /** One thread of this host emulates all processors: what runs beside each other there only waits longer. */
    private static final String IN_TURN = "-Djunit.jupiter.execution.parallel.enabled=false";

    /** Tests of limits take root where nothing is delegated to others. */
    private static final String EVERYTHING = "-Dbivouac.it.everything=true";

    /** An ordinary user with a session of its own, whose groups systemd lets it have. */
    private static final String USER = """
            mkdir -p /etc/systemd/system/user@.service.d
            printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' >/etc/systemd/system/user@.service.d/delegate.conf
            systemctl daemon-reload
            useradd --create-home tester
            id=$(id -u tester)
            systemctl start user@$id.service
            AS="setpriv --reuid=tester --regid=tester --init-groups env HOME=/home/tester XDG_RUNTIME_DIR=/run/user/$id"
            """;

    /** What its kernel has to say of a failure: denials, killed processes, faults. */
    private static final String VERDICT = "[ -z \"$bad\" ] || { dmesg | tail -n 60; echo \"failed:$bad\"; exit 1; }\n";

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private static Path folder;

    /** A machine keeps one processor of this host busy. */
    private static final ExecutorService THREADS =
            Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());

    @SuppressWarnings("NullAway.Init") // begun before all tests
    private static Future<String> appArmor;

    @SuppressWarnings("NullAway.Init") // begun before all tests
    private static Future<String> selinux;

    @SuppressWarnings("NullAway.Init") // begun before all tests
    private static Future<String> version1;

    @BeforeAll
    static void bootAll() throws Exception {
        VirtualHost host = VirtualHost.debian();
        appArmor = THREADS.submit(() -> run(host, "apparmor", "", underAppArmor()));
        selinux = THREADS.submit(() -> run(host, "selinux", VirtualHost.SELINUX, underSelinux()));
        version1 = THREADS.submit(() -> run(host, "version1", LEGACY, underVersion1()));
    }

    @AfterAll
    static void switchOff() throws Exception {
        THREADS.shutdownNow();
        assertThat(THREADS.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    }

    private static String run(VirtualHost host, String name, String options, String script) throws Exception {
        Path own = Files.createDirectories(folder.resolve(name));
        Path job = Job.write(Files.createDirectories(own.resolve("job")), script);
        return new VirtualMachine(host, options, own).run(job, LIMIT);
    }

    private static void assertSucceeds(Future<String> machine) throws Exception {
        String said = machine.get();
        if (ALL) {
            System.out.println(said);
        }
        assertThat(said).endsWith("job ended with 0\n");
    }

    private static List<String> with(String first, List<String> others) {
        return Stream.concat(Stream.of(first), others.stream()).toList();
    }

    /**
     * Runs test classes in the machine.
     *
     * @param name for what it prints
     * @param under a command that runs another one
     * @param option of the JVM
     */
    private static String suite(String name, String under, String option, List<String> classes) {
        return """
                echo '== NAME'
                mkdir --mode=777 /var/tmp/NAME && cd /var/tmp/NAME
                UNDER $JAVA -Dbivouac.it.folder=/var/tmp/NAME OPTION io.bivouac.it.SuiteMain CLASSES || bad="$bad NAME"
                """.replace("NAME", name).replace("UNDER", under).replace("OPTION", IN_TURN + " " + option).replace(
                "CLASSES", classes.stream().map("io.bivouac.it."::concat).collect(Collectors.joining(" ")));
    }

    /** So many as root and as an ordinary user; each takes most of a minute there. On this host itself version 1 has its share. */
    private static String kills() {
        return ALL ? suite("kills", "", EVERYTHING + " -Dbivouac.kills=20", List.of("RandomKillTests")) : "";
    }

    private static String underAppArmor() {
        String asUser = "$AS systemd-run --user --scope --quiet -p Delegate=yes";
        return "set -e\nbad=\n[ $(stat -fc %T /sys/fs/cgroup) = cgroup2fs ]\n"
                + suite("root", "", EVERYTHING, with("AppArmorCases", SELECTION))
                + suite("root-limits", "systemd-run --scope --quiet -p Delegate=yes", EVERYTHING, LIMITS)
                + USER
                + suite("user", asUser, "", SELECTION)
                + suite("user-limits", asUser, EVERYTHING, LIMITS)
                + kills()
                + VERDICT;
    }

    private static String underSelinux() {
        String script = "set -e\nbad=\nsetenforce 1\n" + suite("root", "", EVERYTHING, SELINUX);
        if (ALL) {
            // Debian's policy lets systemd make no scopes for users.
            script += USER + suite("user", "$AS", "", SELINUX);
        }
        return script + kills() + VERDICT;
    }

    private static String underVersion1() {
        return "set -e\nbad=\n[ $(stat -fc %T /sys/fs/cgroup) = tmpfs ]\n[ ! -e /sys/fs/cgroup/unified ]\n"
                + suite("root", "", EVERYTHING, VERSION1)
                + VERDICT;
    }

    @Test
    void version2UnderSystemdWithAppArmor() throws Exception {
        assertSucceeds(appArmor);
    }

    @Test
    void selinuxThatIsEnforced() throws Exception {
        assertSucceeds(selinux);
    }

    @Test
    void version1AloneByKernelOptions() throws Exception {
        assertSucceeds(version1);
    }
}
