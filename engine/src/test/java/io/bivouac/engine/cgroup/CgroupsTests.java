package io.bivouac.engine.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.IoLimits;
import io.bivouac.engine.Limits;
import io.bivouac.engine.warden.CgroupPath;
import io.bivouac.engine.warden.CgroupPlan;
import io.bivouac.engine.warden.CgroupPlan.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupsTests {
    private static final String V2 = "30 24 0:26 / ROOT/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
    private static final String FREEZER = "36 31 0:33 / ROOT/freezer rw,relatime - cgroup cgroup rw,freezer\n";
    private static final String MEMORY = "35 31 0:32 / ROOT/memory rw,relatime - cgroup cgroup rw,memory\n";
    private static final String PIDS = "37 31 0:34 / ROOT/pids rw,relatime - cgroup cgroup rw,pids\n";
    private static final String CPU = "38 31 0:35 / ROOT/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n";
    private static final String CPUSET = "39 31 0:36 / ROOT/cpuset rw,relatime - cgroup cgroup rw,cpuset\n";
    private static final String DEVICES = "40 31 0:37 / ROOT/devices rw,relatime - cgroup cgroup rw,devices\n";
    private static final String NAMED = "41 31 0:38 / ROOT/systemd rw,relatime - cgroup cgroup rw,name=systemd\n";

    private static final Limits ALL = Limits.none()
            .withMemory(64 << 20)
            .withCpus(0.5)
            .withCpuset("0-1")
            .withPids(100)
            .withIo(new IoLimits(1000, 0, 0, 7));

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private Cgroups cgroups(String choice, String mountinfo, String cgroup) throws IOException {
        Path self = Files.createDirectories(folder.resolve("self"));
        Files.writeString(self.resolve("mountinfo"), mountinfo.replace("ROOT", folder.toString()));
        Files.writeString(self.resolve("cgroup"), cgroup);
        return Cgroups.of(HostCgroups.read(self), "s1", choice);
    }

    private Optional<CgroupPath> freezer(String choice, String mountinfo, String cgroup) throws IOException {
        return cgroups(choice, mountinfo, cgroup).freezer("c1", demands(Limits.none()));
    }

    private static Cgroups.Demands demands(Limits limits) {
        return new Cgroups.Demands(limits, false, List.of(), "254:0");
    }

    private Path folder(String name) throws IOException {
        return Files.createDirectories(folder.resolve(name));
    }

    private void file(String name, String content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    /** {@code v2 /cgroup/x shared kills outer[file=value] inner[file=value]}. */
    private String text(CgroupPlan plan) {
        StringBuilder text = new StringBuilder(
                "v" + plan.group().version() + " " + plan.group().path().replace(folder.toString(), ""));
        text.append(plan.shared() ? " shared" : "").append(plan.countsKills() ? " kills" : "");
        plan.outer()
                .forEach(setting -> text.append(" outer[").append(text(setting)).append(']'));
        plan.inner()
                .forEach(setting -> text.append(" inner[").append(text(setting)).append(']'));
        return text.append(plan.devices().length > 0 ? " devices" : "").toString();
    }

    private static String text(Setting setting) {
        return setting.file() + "=" + setting.value();
    }

    @Test
    void pureV2GoesBelowOwnGroup() throws Exception {
        folder("cgroup/user.slice/me");

        assertThat(freezer("auto", V2, "0::/user.slice/me\n"))
                .contains(new CgroupPath(2, folder + "/cgroup/user.slice/me/bivouac-s1/c1"));
    }

    @Test
    void hybridPrefersV2ForItsFreezer() throws Exception {
        folder("cgroup");
        folder("freezer");

        assertThat(freezer("auto", MEMORY + FREEZER + V2, "6:freezer:/\n4:memory:/x\n0::/\n"))
                .contains(new CgroupPath(2, folder + "/cgroup/bivouac-s1/c1"));
        assertThat(freezer("v1", MEMORY + FREEZER + V2, "6:freezer:/\n0::/\n"))
                .contains(new CgroupPath(1, folder + "/freezer/bivouac-s1/c1"));
    }

    @Test
    void pureV1TakesItsFreezer() throws Exception {
        folder("freezer/own");

        assertThat(freezer("auto", MEMORY + FREEZER, "6:freezer:/own\n4:memory:/x\n"))
                .contains(new CgroupPath(1, folder + "/freezer/own/bivouac-s1/c1"));
    }

    @Test
    void groupOfAContainerIsSeenFromItsMount() throws Exception {
        folder("cgroup");
        String mount = "30 24 0:26 /docker/abc ROOT/cgroup rw - cgroup2 cgroup2 rw\n";

        assertThat(freezer("auto", mount, "0::/docker/abc\n"))
                .contains(new CgroupPath(2, folder + "/cgroup/bivouac-s1/c1"));
    }

    @Test
    void withoutAWritableGroupThereIsNone() throws Exception {
        assertThat(freezer("auto", V2, "0::/not/there\n")).isEmpty();
        assertThat(freezer("auto", MEMORY, "4:memory:/\n")).isEmpty();
        assertThat(freezer("auto", NAMED, "1:name=systemd:/\n")).isEmpty();
        assertThat(freezer("auto", "", "")).isEmpty();
        folder("cgroup");
        Cgroups none = cgroups("none", V2, "0::/\n");
        assertThat(none.freezer("c1", demands(Limits.none()))).isEmpty();
        assertThat(none.session()).isEmpty();
        assertThat(none.container("c1", demands(ALL))).isEmpty();
        assertThat(none.unenforceable(Limits.none())).isEmpty();
        assertThat(none.unenforceable(ALL))
                .containsExactly("memory", "processors", "a set of processors", "processes", "disk speed");
    }

    @Test
    void unknownChoiceIsRefused() {
        assertThatThrownBy(() -> cgroups("v3", V2, "0::/\n"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("bivouac.cgroup=v3 is not a choice: auto, v2, v1 or none.");
    }

    /** Root in a session of its own: the scope it is in has processes, the slice above hands controllers down. */
    @Test
    void limitsOfV2ComeFromTheNearestGroupThatHandsControllersDown() throws Exception {
        file("cgroup/cgroup.subtree_control", "cpuset cpu io memory pids\n");
        file("cgroup/cgroup.procs", "");
        file("cgroup/user.slice/cgroup.subtree_control", "cpu io memory pids\n");
        file("cgroup/user.slice/cgroup.procs", "");
        file("cgroup/user.slice/session-1.scope/cgroup.subtree_control", "\n");
        file("cgroup/user.slice/session-1.scope/cgroup.procs", "1\n");
        Cgroups cgroups = cgroups("auto", V2, "0::/user.slice/session-1.scope\n");

        assertThat(cgroups.session())
                .extracting(this::text)
                .containsExactly(
                        "v2 /cgroup/user.slice/bivouac-s1 inner[cgroup.subtree_control=+pids]"
                                + " inner[cgroup.subtree_control=+memory] devices",
                        "v2 /cgroup/user.slice/bivouac-s1-open");
        assertThat(cgroups.container("c1", demands(ALL.withCpuset("0"))))
                .extracting(this::text)
                .containsExactly("v2 /cgroup/user.slice/bivouac-s1/c1 kills outer[cgroup.subtree_control=+cpu]"
                        + " outer[cgroup.subtree_control=+io] inner[pids.max=100] inner[memory.max=67108864]"
                        + " inner[memory.oom.group=1] inner[memory.swap.max=0] inner[cpu.max=50000 100000]"
                        + " inner[io.max=254:0 rbps=1000 wiops=7]");
        assertThat(cgroups.container("c1", demands(Limits.none())))
                .extracting(this::text)
                .containsExactly("v2 /cgroup/user.slice/bivouac-s1/c1 kills inner[pids.max=2048]");
        assertThat(cgroups.unenforceable(ALL)).containsExactly("a set of processors");
    }

    @Test
    void containerWithMoreDevicesLiesWhereNoneAreDenied() throws Exception {
        file("cgroup/cgroup.subtree_control", "memory pids\n");
        file("cgroup/cgroup.procs", "");
        Cgroups cgroups = cgroups("auto", V2, "0::/\n");
        Cgroups.Demands given = new Cgroups.Demands(Limits.none(), false, List.of(new HostDevice(false, 10, 229)), "");
        Cgroups.Demands all = new Cgroups.Demands(Limits.none(), true, List.of(), "");

        String enabled =
                " outer[cgroup.subtree_control=+pids] outer[cgroup.subtree_control=+memory] inner[pids.max=2048]";
        assertThat(cgroups.container("c1", given))
                .extracting(this::text)
                .containsExactly("v2 /cgroup/bivouac-s1-open/c1 kills" + enabled + " devices");
        assertThat(cgroups.container("c1", all))
                .extracting(this::text)
                .containsExactly("v2 /cgroup/bivouac-s1-open/c1 kills" + enabled);
        assertThat(cgroups.freezer("c1", all)).contains(new CgroupPath(2, folder + "/cgroup/bivouac-s1-open/c1"));
    }

    @Test
    void limitsOfV1AreThoseOfEachHierarchy() throws Exception {
        for (String name : List.of("memory/own", "pids", "cpu,cpuacct", "freezer", "devices")) {
            folder(name);
        }
        file("memory/own/memory.memsw.limit_in_bytes", "");
        file("cpuset/cpuset.cpus", "0-3\n");
        file("cpuset/cpuset.mems", "0\n");
        Cgroups cgroups = cgroups(
                "auto",
                MEMORY + PIDS + CPU + CPUSET + FREEZER + DEVICES + NAMED,
                "9:name=systemd:/\n7:devices:/\n6:freezer:/\n5:cpuset:/\n4:memory:/own\n3:pids:/\n2:cpu,cpuacct:/\n");

        assertThat(cgroups.container("c1", demands(ALL)))
                .extracting(this::text)
                .containsExactlyInAnyOrder(
                        "v1 /freezer/bivouac-s1/c1",
                        "v1 /devices/bivouac-s1 shared",
                        "v1 /pids/bivouac-s1/c1 inner[pids.max=100]",
                        "v1 /memory/own/bivouac-s1/c1 kills inner[memory.limit_in_bytes=67108864]"
                                + " inner[memory.memsw.limit_in_bytes=67108864]",
                        "v1 /cpu,cpuacct/bivouac-s1/c1 inner[cpu.cfs_period_us=100000] inner[cpu.cfs_quota_us=50000]",
                        "v1 /cpuset/bivouac-s1/c1 outer[cpuset.cpus=0-3] outer[cpuset.mems=0] inner[cpuset.cpus=0-1]"
                                + " inner[cpuset.mems=0]");
        assertThat(cgroups.container(
                        "c1", demands(Limits.none().withMemory(1 << 20).withMemorySwap(3 << 20))))
                .extracting(this::text)
                .containsExactlyInAnyOrder(
                        "v1 /freezer/bivouac-s1/c1",
                        "v1 /devices/bivouac-s1 shared",
                        "v1 /pids/bivouac-s1/c1 inner[pids.max=2048]",
                        "v1 /memory/own/bivouac-s1/c1 kills inner[memory.limit_in_bytes=1048576]"
                                + " inner[memory.memsw.limit_in_bytes=3145728]",
                        "v1 /cpu,cpuacct/bivouac-s1/c1");
        assertThat(cgroups.unenforceable(ALL)).containsExactly("disk speed");
    }

    @Test
    void devicesOfV1AreDecidedOnceForAllContainers() throws Exception {
        folder("devices");
        Cgroups cgroups = cgroups("auto", DEVICES, "7:devices:/\n");

        assertThat(cgroups.session())
                .extracting(this::text)
                .contains("v1 /devices/bivouac-s1 inner[devices.deny=a] inner[devices.allow=c *:* m]"
                        + " inner[devices.allow=b *:* m] inner[devices.allow=c 1:3 rwm] inner[devices.allow=c 1:5 rwm]"
                        + " inner[devices.allow=c 1:7 rwm] inner[devices.allow=c 1:8 rwm] inner[devices.allow=c 1:9 rwm]"
                        + " inner[devices.allow=c 5:0 rwm] inner[devices.allow=c 5:1 rwm] inner[devices.allow=c 5:2 rwm]"
                        + " inner[devices.allow=c 136:* rwm]");
    }

    @Test
    void statisticsComeFromWhicheverGroupHasThem() throws Exception {
        file("memory/m/memory.usage_in_bytes", "1000\n");
        file("memory/m/memory.max_usage_in_bytes", "2000\n");
        file("memory/m/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
        file("acct/m/cpuacct.usage", "5000000\n");
        file("v2/m/io.stat", "254:0 rbytes=10 wbytes=20 rios=1\n8:0 rbytes=5 wbytes=0\n");
        file("v2/m/pids.current", "7\n");
        CgroupStats stats = CgroupStats.of(List.of(
                CgroupPlan.of(new CgroupPath(1, folder + "/memory/m")),
                CgroupPlan.of(new CgroupPath(1, folder + "/acct/m")),
                CgroupPlan.of(new CgroupPath(2, folder + "/v2/m"))));

        assertThat(stats.memory()).hasValue(1000);
        assertThat(stats.memoryPeak()).hasValue(2000);
        assertThat(stats.cpuTime()).contains(Duration.ofMillis(5));
        assertThat(stats.processes()).hasValue(7);
        assertThat(stats.processesPeak()).isEmpty();
        assertThat(stats.readBytes()).hasValue(15);
        assertThat(stats.writtenBytes()).hasValue(20);
        assertThat(stats.outOfMemoryKills()).hasValue(3);
    }
}
