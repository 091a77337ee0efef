package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ExecResult;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.SeccompProfile;
import io.bivouac.engine.Wait;
import io.bivouac.fixtures.FixtureImages;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Powers given and taken, as root and as an ordinary user. */
class ConfinementTests {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final ContainerSpec SLEEPER =
            ContainerSpec.of("busybox:1").withName("c").withCommand("sleep", "100000");

    private static String run(ContainerSpec spec, String script) {
        try (Container container = Engines.shared().start(spec)) {
            ExecResult result = container.exec("sh", "-c", script);
            return result.stdout() + result.stderr();
        }
    }

    private static String powers(ContainerSpec spec) {
        return run(spec, "grep -h ^Cap /proc/self/status /proc/1/status").replace('\t', ' ');
    }

    private static String sets(String inheritable, String permitted, String bounding) {
        String one = "CapInh: " + inheritable + "\nCapPrm: " + permitted + "\nCapEff: " + permitted + "\nCapBnd: "
                + bounding + "\nCapAmb: 0000000000000000\n";
        return one + one;
    }

    @Test
    void powersAreDockersAndTheSameForCommands() {
        String none = "0000000000000000";

        assertThat(powers(SLEEPER)).isEqualTo(sets(none, "00000000a80425fb", "00000000a80425fb"));
        assertThat(powers(SLEEPER.withUser("1000"))).isEqualTo(sets(none, none, "00000000a80425fb"));
        assertThat(powers(SLEEPER.withCapDrop("ALL"))).isEqualTo(sets(none, none, none));
        assertThat(powers(SLEEPER.withCapDrop("all").withCapAdd("cap_chown", "KILL")))
                .isEqualTo(sets(none, "0000000000000021", "0000000000000021"));
        assertThat(powers(SLEEPER.withCapAdd("NET_ADMIN").withCapDrop("MKNOD")))
                .isEqualTo(sets(none, "00000000a00435fb", "00000000a00435fb"));
    }

    @Test
    void addedPowerWorks() {
        assertThat(run(SLEEPER, "ip link set lo mtu 1400")).contains("Operation not permitted");
        assertThat(run(SLEEPER.withCapAdd("NET_ADMIN"), "ip link set lo mtu 1400 && cat /sys/class/net/lo/mtu"))
                .isEqualTo("1400\n");
    }

    @Test
    void mistakesAreNamed() {
        assertThatThrownBy(() -> SLEEPER.withCapAdd("FLY"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "'FLY' is not a capability. Names are those of capabilities(7), such as NET_ADMIN, or ALL.");
        assertThatThrownBy(() -> SLEEPER.withMemory("12x"))
                .hasMessage("'12x' is not a size: write bytes, or a whole number with k, m, g or t, such as 512m.");
        assertThatThrownBy(() -> SLEEPER.withMemory("100k"))
                .hasMessage("The memory limit of 102400 bytes is too small: at least 512k.");
        assertThatThrownBy(() -> SLEEPER.withUlimit("files", 1, 1))
                .hasMessageStartingWith("'files' is not a limit of processes: cpu, ");
        assertThatThrownBy(() -> SLEEPER.withUlimit("nofile", 2, 1))
                .hasMessage(
                        "The limit nofile of 2:1 is wrong: both at least 0, or -1 for none, and the first not above the second.");
        assertThatThrownBy(() -> SLEEPER.withSysctl("kernel.core_pattern", "|/evil"))
                .hasMessage(
                        "The sysctl 'kernel.core_pattern' is not the container's own: those of net., fs.mqueue., kernel.msg*,"
                                + " kernel.sem and kernel.shm* are.");
        assertThatThrownBy(() -> Engines.shared().start(SLEEPER.withSysctl("net.ipv4.no_such_thing", "1")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Starting the container c (image busybox:1) failed: the sysctl net.ipv4.no_such_thing cannot"
                                + " be set: no such file or directory (ENOENT). This kernel has none of that name for a"
                                + " container; ordinary users' containers have fewer than root's.");
        assertThatThrownBy(() -> Engines.shared().start(SLEEPER.withTmpfs("/proc/sys")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Nothing can be mounted at /proc/sys: /proc is the kernel's own view of the container.");
        assertThatThrownBy(() -> Engines.shared().start(SLEEPER.withGroups("nobody-knows")))
                .hasMessage("The group 'nobody-knows' is not in the container's /etc/group. Use its number.");
    }

    /** CVE-2026-30892. */
    @ParameterizedTest
    @CsvSource({
        "'0:0:0', 'write user or user:group, names or numbers.'",
        "'0:', 'write user or user:group, names or numbers.'",
        "'-1', '-1 is out of the range of ids, 0 to 4294967294.'",
        "'+0', '+0 is out of the range of ids, 0 to 4294967294.'",
        "'0:-1', '-1 is out of the range of ids, 0 to 4294967294.'",
        "'4294967295', '4294967295 is out of the range of ids, 0 to 4294967294.'",
        "'0:4294967296', '4294967296 is out of the range of ids, 0 to 4294967294.'"
    })
    void oddUsersAreRefused(String user, String reason) {
        assertThatThrownBy(() -> Engines.shared().start(SLEEPER.withUser(user)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("'" + user + "' is not a user: " + reason);
    }

    @ParameterizedTest
    @ValueSource(strings = {"root\n", " 0", "0 ", "0x0", "\u0660", "root,0"})
    void whatIsNoNumberIsAName(String user) {
        assertThatThrownBy(() -> Engines.shared().start(SLEEPER.withUser(user)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("The user '" + user + "' is not in the container's /etc/passwd. Use its number.");
    }

    /** Ids that a careless reader would take for root's, or for "unchanged". */
    @Test
    void namesOfAHostilePasswdAreNobodys() {
        List<String> users = List.of(
                "long:x:00000000000:0",
                "hexadecimal:x:0x0:0",
                "negative:x:-1:0",
                "unchanged:x:4294967295:0",
                "over:x:4294967296:0",
                "space:x: 0:0",
                "none:x::0",
                "digit:x:\u0660:0",
                "group:x:0:root");
        try (Container container = Engines.shared().start(SLEEPER)) {
            String passwd = "fine:x:0012:0::/:\n" + String.join("::/:\n", users) + "::/:\n";
            container.copyTo(passwd.getBytes(StandardCharsets.UTF_8), "/etc/passwd", 0644);

            assertThat(container.exec(ExecSpec.of("id", "-u").withUser("fine")).stdout())
                    .isEqualTo("12\n");
            for (String user : users) {
                String name = user.substring(0, user.indexOf(':'));
                assertThatThrownBy(() -> container.exec(ExecSpec.of("id").withUser(name)))
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessage("The user '" + name + "' is not in the container's /etc/passwd. Use its number.");
            }
        }
    }

    @Test
    void limitsOfProcessesReachThem() throws Exception {
        ContainerSpec spec = SLEEPER.withUlimit("nofile", 100, 200).withUlimit("core", 0, 0);
        String limits = run(spec, "ulimit -Sn; ulimit -Hn; ulimit -c");

        assertThat(limits).isEqualTo("100\n200\n0\n");
        // No more than this process itself may have.
        int most =
                Integer.parseInt(Commands.run("sh", "-c", "ulimit -Hn").output().strip());
        assertThat(run(SLEEPER, "ulimit -Sn; ulimit -c")).isEqualTo(Math.min(65536, most) + "\n0\n");
    }

    @Test
    void groupsAreAdded() {
        assertThat(run(SLEEPER.withUser("tester").withGroups("daemon", "1234"), "id -G"))
                .isEqualTo("1000 1 50 1234\n");
    }

    @Test
    void parametersOfItsOwnNamespacesAreSet() {
        // Those of net.core are root's alone on older kernels, such as 6.1.
        String name = Engines.isRoot() ? "net.core.somaxconn" : "net.ipv4.tcp_keepalive_time";
        ContainerSpec spec = SLEEPER.withSysctl(name, "77").withSysctl("kernel.shmmni", "99");

        assertThat(run(spec, "cat /proc/sys/" + name.replace('.', '/') + " /proc/sys/kernel/shmmni"))
                .isEqualTo("77\n99\n");
        assertThat(run(SLEEPER, "cat /proc/sys/net/ipv4/ip_unprivileged_port_start"))
                .isEqualTo("0\n");
    }

    @Test
    void sharedMemoryHasTheSizeThatWasAsked() {
        assertThat(run(SLEEPER, "df -k /dev/shm | tail -1 | awk '{print $2}'")).isEqualTo("65536\n");
        assertThat(run(SLEEPER.withShmSize("8m"), "df -k /dev/shm | tail -1 | awk '{print $2}'"))
                .isEqualTo("8192\n");
    }

    @Test
    void setuidProgramsGainNothingWhereThatIsForbidden() throws Exception {
        ExecSpec asTester = ExecSpec.of("/tmp/probe", "ids").withUser("tester");
        try (Container container = Engines.shared().start(SLEEPER)) {
            container.copyTo(FixtureImages.probeProgram(), "/tmp/probe", 04755);
            assertThat(container.exec(asTester).stdout()).isEqualTo("uid=1000 euid=0 gid=1000\n");
        }
        try (Container container = Engines.shared().start(SLEEPER.withNoNewPrivileges())) {
            container.copyTo(FixtureImages.probeProgram(), "/tmp/probe", 04755);
            assertThat(container.exec(asTester).stdout()).isEqualTo("uid=1000 euid=1000 gid=1000\n");
            assertThat(container.exec("grep", "NoNewPrivs", "/proc/1/status").stdout())
                    .isEqualTo("NoNewPrivs:\t1\n");
        }
    }

    /** A container's root may make devices, as images hold them, but opens none it was not given. */
    @Test
    @Tag("root")
    void devicesThatAreMadeCannotBeOpened(@TempDir Path folder) {
        ContainerSpec spec = SLEEPER.withTmpfs("/memory").withBind(folder, "/bound");
        try (Container container = Engines.shared().start(spec)) {
            for (String place : new String[] {"/", "/dev", "/dev/shm", "/memory", "/bound", "/etc", "/tmp"}) {
                ExecResult made =
                        container.exec("sh", "-c", "mknod " + place + "/x c 1 5 && head -c 1 " + place + "/x");
                assertThat(made.stderr()).as(place).contains("Permission denied");
            }
            assertThat(container
                            .exec(
                                    "sh",
                                    "-c",
                                    "head -c 3 /dev/zero | wc -c; echo x > /dev/null; head -c 2 /dev/urandom | wc -c")
                            .stdout())
                    .isEqualTo("3\n2\n");
        }
    }

    /** The second wall, for those whose powers let them take the first down. */
    @Test
    @Tag("root")
    void devicesAreClosedToWhoeverMayMountToo() {
        ContainerSpec spec = SLEEPER.withCapAdd("SYS_ADMIN").withSeccomp(SeccompProfile.unconfined());
        String script = "mkdir /m && mount -t tmpfs none /m && mknod /m/x c 10 237 && mknod /m/z c 1 5"
                + " && head -c 2 /m/z | wc -c && (: < /m/x)";

        assertThat(run(spec, script)).startsWith("2\n").contains("Operation not permitted");
    }

    @Test
    @Tag("root")
    void deviceThatWasGivenCanBeOpened(@TempDir Path folder) throws Exception {
        Path loop = Path.of("/dev/loop-control");
        assertThat(Files.exists(loop)).as("the host's device of this test").isTrue();
        String script = "(: < /given) && echo open; mknod /x c 10 200; (: < /x)";

        assertThat(run(SLEEPER.withBind(loop, "/given"), script))
                .startsWith("open\n")
                .contains("Permission denied");
        // A device among others in a folder was not given.
        assertThat(run(SLEEPER.withBind(Path.of("/dev"), "/host-dev"), "(: < /host-dev/loop-control)"))
                .contains("Permission denied");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void privilegedContainerIsConfinedByItsNamespacesAlone() {
        ContainerSpec spec = SLEEPER.withPrivileged();
        String mounts = run(
                spec,
                "mkdir -p /m && mount -t tmpfs none /m && echo mounted; cat /proc/timer_list | head -1;"
                        + " grep Seccomp: /proc/self/status; touch /proc/sys/net/ipv4/ip_forward && echo 1 >"
                        + " /proc/sys/net/ipv4/ip_forward && echo written");

        assertThat(mounts).contains("mounted\n").contains("Seccomp:\t0\n").contains("written\n");
        assertThat(run(SLEEPER, "mount -t tmpfs none /tmp; echo 1 > /proc/sys/net/ipv4/ip_forward"))
                .contains("permission denied")
                .contains("Read-only file system");
    }

    @Test
    void initReapsAndPassesSignalsOn() throws Exception {
        ContainerSpec spec = ContainerSpec.of("busybox:1")
                .withName("c")
                .withInit()
                .withCommand(
                        "sh",
                        "-c",
                        "trap 'echo asked; exit 7' TERM; sh -c 'sleep 0.1 & echo $! > orphan'; echo up;"
                                + " while true; do sleep 0.05; done")
                .withWait(Wait.forLog("up"));
        try (Container container = Engines.shared().start(spec)) {
            assertThat(container.exec("cat", "/proc/1/comm").stdout()).isEqualTo("bivouac-init\n");
            // Whoever is not reaped stays, as a zombie.
            await().atMost(SOON)
                    .until(() -> container
                                    .exec("sh", "-c", "test -d /proc/$(cat orphan)")
                                    .exitCode()
                            == 1);
            container.stop();

            assertThat(container.waitForExit(SOON).code()).isEqualTo(7);
            assertThat(container.logs()).isEqualTo("up\nasked\n");
        }
    }

    @Test
    void initTellsHowTheCommandEndedOrWhyItCouldNotStart() {
        ContainerSpec spec = ContainerSpec.of("busybox:1").withName("c").withInit();
        try (Container container = Engines.shared().start(spec.withCommand("sh", "-c", "kill -9 $$"))) {
            assertThat(container.waitForExit(SOON).code()).isEqualTo(137);
        }
        assertThatThrownBy(() -> Engines.shared().start(spec.withCommand("nowhere")))
                .isInstanceOf(ContainerException.class)
                .hasMessage(
                        "Starting the container c (image busybox:1) failed: the command 'nowhere' was not found in the image:"
                                + " it is in no folder of PATH.");
        // As PID 1 it has nothing of the host's open, and nobody in there can look into it.
        try (Container container = Engines.shared().start(spec.withCommand("sleep", "1000"))) {
            assertThat(container
                            .exec("sh", "-c", "ls -l /proc/1/fd | wc -l; cat /proc/1/maps")
                            .stderr())
                    .contains("Permission denied");
        }
    }
}
