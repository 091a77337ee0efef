package io.bivouac.it.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.fixtures.VirtualHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hosts as most users have them: pure cgroup v2 under systemd, with AppArmor. They run here as virtual machines without the
 * help of the processor, so that a few tests are all that fits into every build;
 *
 * <p>{@code -Dbivouac.matrix=all} runs what a host can change the outcome of, and prints what was run.
 */
@Tag("root")
@Tag("machine")
@Timeout(value = 2, unit = TimeUnit.HOURS)
class HostMatrixTests {
    private static final boolean ALL = System.getProperty("bivouac.matrix", "").equals("all");
    private static final Duration LIMIT = ALL ? Duration.ofMinutes(100) : Duration.ofMinutes(20);

    /** What a kernel can change the outcome of. */
    private static final List<String> WHOLE = List.of(
            "ConfinementTests",
            "ContainerLifecycleTests",
            "ExecTests",
            "SeccompTests",
            "CopyTests",
            "DiffAndCommitTests",
            "CaptureTests",
            "HealthTests",
            "RedisTests",
            "PostgresTests");

    /** An ordinary user with a session of its own, whose groups systemd lets it have. */
    private static final String USER = """
            mkdir -p /etc/systemd/system/user@.service.d
            printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' >/etc/systemd/system/user@.service.d/delegate.conf
            systemctl daemon-reload
            useradd --create-home tester
            loginctl enable-linger tester
            id=$(id -u tester)
            until [ -S /run/user/$id/bus ]; do sleep 0.2; done
            AS="setpriv --reuid=tester --regid=tester --init-groups env HOME=/home/tester XDG_RUNTIME_DIR=/run/user/$id"
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private String boot(String script, String options) throws Exception {
        Path job = Job.write(Files.createDirectories(folder.resolve("job")), script);
        String said = new VirtualMachine(VirtualHost.debian(), folder).run(job, options, LIMIT);
        if (ALL) {
            System.out.println(said);
        }
        return said;
    }

    /**
     * Runs test classes in the machine.
     *
     * @param name for what it prints
     * @param under a command that runs another one
     */
    private static String suite(String name, String under, List<String> classes) {
        String own = "/var/tmp/" + name;
        String names = classes.stream().map(each -> "io.bivouac.it." + each).collect(Collectors.joining(" "));
        return """
                echo '== NAME'
                mkdir --mode=777 FOLDER
                UNDER $JAVA -Dbivouac.it.folder=FOLDER -Dbivouac.it.everything=true io.bivouac.it.SuiteMain CLASSES || bad="$bad NAME"
                """.replace("NAME", name)
                .replace("FOLDER", own)
                .replace("UNDER", under)
                .replace("CLASSES", names);
    }

    private static List<String> classes(List<String> always, List<String> more) {
        return ALL ? Stream.concat(always.stream(), more.stream()).toList() : always;
    }

    @Test
    void version2UnderSystemdWithAppArmor() throws Exception {
        String script = "set -e\nbad=\n[ $(stat -fc %T /sys/fs/cgroup) = cgroup2fs ]\n"
                + suite("service", "", classes(List.of("IsolationTests", "AppArmorCases"), WHOLE))
                + suite("delegated", "systemd-run --scope --quiet -p Delegate=yes", List.of("LimitTests"))
                + USER
                + suite(
                        "user",
                        "$AS systemd-run --user --scope --quiet -p Delegate=yes",
                        classes(List.of("IsolationTests", "LimitTests"), WHOLE))
                + "[ -z \"$bad\" ] || { echo \"failed:$bad\"; exit 1; }\n";

        assertThat(boot(script, "")).endsWith("job ended with 0\n");
    }
}
