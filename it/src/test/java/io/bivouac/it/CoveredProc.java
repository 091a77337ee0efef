package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.HostException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Two containers that have one procfs, this host's: what one may do with the other's processes, and with this JVM. */
final class CoveredProc {
    private static final String REMEDY = "Inside a container whose /proc is covered in parts, uncover it: ";
    private static final String SECRET = "of the first";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private CoveredProc() {}

    static EngineOptions options(String[] arguments) {
        return EngineOptions.defaults()
                .withStore(Path.of(arguments[0]))
                .withStoreReserve(0)
                .withImages(List.of(Path.of(arguments[1])));
    }

    /**
     * Says of each kind of process in the second container whether a look into the first is {@code denied}, or what it shows is
     * {@code seen}; {@code done} at the end.
     *
     * @param arguments the store, and a layout of busybox
     */
    public static void main(String[] arguments) throws IOException {
        ContainerSpec sleeper = ContainerSpec.of("busybox:1").withCommand("sleep", "1000");
        try (Engine engine = Engine.open(options(arguments))) {
            assertNotForWhoMayMount(engine, sleeper);
            assertNoSysctls(engine, sleeper);
            try (Container first = engine.start(sleeper.withEnv("SECRET", SECRET));
                    Container second = engine.start(sleeper)) {
                first.copyTo(new byte[10], "/first", 0644);
                Path process = processOfFirst();
                // To this JVM, which owns their user namespace, both are open: nothing else keeps them from the second
                // container.
                assertThat(process.resolve("root/first")).hasSize(10);
                assertThat(second.exec("cat", process + "/stat").stdout())
                        .startsWith(process.getFileName() + " (sleep) ");

                String look = "cat " + process + "/root/first " + process + "/environ 2>&1 | tr '\\0' ' '";
                say("exec", second.exec("sh", "-c", look).stdout());
                say("first process", logged(engine, sleeper.withCommand("sh", "-c", look)));
                say(
                        "behind an init",
                        logged(engine, sleeper.withCommand("sh", "-c", look).withInit()));

                assertNothingIsWritten(second, process);
                assertOwnIsThere(second);
            }
        }
        System.out.println("done");
    }

    /** It could take off what covers it. */
    static void assertNotForWhoMayMount(Engine engine, ContainerSpec sleeper) {
        HostException failure = catchThrowableOfType(HostException.class, () -> engine.start(sleeper.withPrivileged()));
        assertThat(failure)
                .hasMessageContaining(
                        ": this host lets no new procfs and sysfs be mounted, and a container that may mount")
                .hasMessageContaining(REMEDY);
    }

    private static void assertNoSysctls(Engine engine, ContainerSpec sleeper) {
        HostException failure = catchThrowableOfType(
                HostException.class, () -> engine.start(sleeper.withSysctl("net.core.somaxconn", "12")));
        assertThat(failure)
                .hasMessageContaining(": what this host has at /proc/sys is read-only (")
                .hasMessageContaining(REMEDY);
    }

    private static String logged(Engine engine, ContainerSpec spec) {
        try (Container container = engine.start(spec)) {
            container.waitForExit(PATIENCE);
            return container.logs();
        }
    }

    private static void say(String who, String shown) {
        boolean denied = shown.contains("Permission denied") && !shown.contains(SECRET);
        boolean seen = !shown.contains("Permission denied") && shown.contains(SECRET);
        System.out.println(who + (denied ? " denied" : seen ? " seen" : ": " + shown));
    }

    /** The user who runs this owns them all. */
    private static void assertNothingIsWritten(Container container, Path process) throws IOException {
        Path own = Path.of("/proc", Long.toString(ProcessHandle.current().pid()));
        for (Path other : List.of(process, own)) {
            String before = Files.readString(other.resolve("oom_score_adj"));
            for (String file : List.of("oom_score_adj", "coredump_filter", "clear_refs", "sched", "autogroup")) {
                assertThat(container
                                .exec("sh", "-c", "echo 1 > " + other + "/" + file)
                                .exitCode())
                        .as(other + "/" + file)
                        .isNotZero();
            }
            assertThat(Files.readString(other.resolve("oom_score_adj"))).isEqualTo(before);
        }
        assertThat(container
                        .exec("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
                        .exitCode())
                .isNotZero();
        assertThat(container.exec("cat", "/proc/self/oom_score_adj").stdout()).isEqualTo("200\n");
    }

    private static void assertOwnIsThere(Container container) {
        assertThat(container
                        .exec("sh", "-c", "ls /proc/self/root && cat /proc/self/environ")
                        .exitCode())
                .isZero();
        // Moved between folders as one file, not as a copy.
        String script = "mkdir /a /b; echo moved > /a/file; ls -i /a/file | cut -d/ -f1; mv /a/file /b/file;"
                + " ls -i /b/file | cut -d/ -f1";
        assertThat(container.exec("sh", "-c", script).stdout().lines().distinct())
                .hasSize(1);
    }

    private static Path processOfFirst() {
        return ProcessHandle.allProcesses()
                .map(process -> Path.of("/proc", Long.toString(process.pid())))
                .filter(CoveredProc::isFirst)
                .findAny()
                .orElseThrow();
    }

    private static boolean isFirst(Path process) {
        try {
            return Files.readString(process.resolve("environ"), StandardCharsets.ISO_8859_1)
                    .contains("SECRET=" + SECRET);
        } catch (IOException e) {
            return false;
        }
    }
}
