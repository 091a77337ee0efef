package io.bivouac.it.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.fixtures.VirtualHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
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
@Timeout(value = 2, unit = TimeUnit.HOURS)
class HostMatrixTests {
    private static final boolean ALL = System.getProperty("bivouac.matrix", "").equals("all");
    private static final Duration LIMIT = ALL ? Duration.ofMinutes(100) : Duration.ofMinutes(20);

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

    /** Runs test classes in the machine. */
    private static String suite(String name, String before, String... classes) {
        String folder = "/var/tmp/" + name;
        return "echo '== " + name + "'; mkdir " + folder + "; chmod 777 " + folder + "\n"
                + before + " $JAVA -Dbivouac.it.folder=" + folder
                + " -Dbivouac.it.everything=true io.bivouac.it.SuiteMain "
                + String.join(" ", classes) + " || failed=\"$failed " + name + "\"\n";
    }

    @Test
    void version2UnderSystemdWithAppArmor() throws Exception {
        String script =
                "set -e\nfailed=\ngrep -q cgroup2 /proc/filesystems && [ $(stat -fc %T /sys/fs/cgroup) = cgroup2fs ]\n"
                        + suite("service", "", "io.bivouac.it.IsolationTests", "io.bivouac.it.AppArmorCases")
                        + suite("delegated", "systemd-run --scope --quiet -p Delegate=yes", "io.bivouac.it.LimitTests")
                        + USER
                        + suite(
                                "user",
                                "$AS systemd-run --user --scope --quiet -p Delegate=yes",
                                "io.bivouac.it.IsolationTests",
                                "io.bivouac.it.LimitTests")
                        + "[ -z \"$failed\" ] || { echo \"failed:$failed\"; exit 1; }\n";

        assertThat(boot(script, "")).endsWith("job ended with 0\n");
    }
}
