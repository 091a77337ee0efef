package io.bivouac.it;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.ExecResult;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.ExitStatus;
import io.bivouac.engine.SeccompProfile;
import io.bivouac.engine.Wait;
import io.bivouac.fixtures.Programs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** How attacks are carried out; what they aim at is harmless. */
final class Attacks {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final boolean ON_X86 = SystemCall.OWN.equals("x86_64");
    private static final int ATTEMPTS = 300;
    private static final int DESCRIPTORS = 40;

    private Attacks() {}

    /** What a shell in a new container says, or why there is none. */
    private static String sayOrFail(AttackScene scene, ContainerSpec spec, String script) {
        try {
            return scene.say(spec, script);
        } catch (ConfigurationException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** A folder that becomes the container's /dev, with a link to what is not the null device. */
    private static Path falseDevices(AttackScene scene, String target) throws IOException {
        Files.createSymbolicLink(scene.folder().resolve("null"), Path.of(target));
        return scene.folder();
    }

    /** What covers parts of /proc would be the host's parameter, open for writing. */
    static String swappedNullDevice(AttackScene scene) throws IOException {
        ContainerSpec spec =
                scene.spec(AttackScene.PLAIN).withBind(falseDevices(scene, "/proc/sys/kernel/core_pattern"), "/dev");
        return sayOrFail(scene, spec, "intruder open /proc/timer_list");
    }

    /** A command without input would read a file instead. */
    static String swappedInput(AttackScene scene) throws IOException {
        ContainerSpec spec =
                scene.spec(AttackScene.PLAIN).withPrivileged().withBind(falseDevices(scene, "/etc/passwd"), "/dev");
        return scene.say(spec, ExecSpec.of("cat"));
    }

    /** By one who may mount: a command's terminal would be one that somebody else holds the other end of. */
    static String swappedTerminal(AttackScene scene) {
        ContainerSpec spec =
                scene.spec(AttackScene.PLAIN).withCapAdd("SYS_ADMIN").withSeccomp(SeccompProfile.unconfined());
        String swap = """
                set -e
                intruder terminal > /taken &
                i=0; until [ -s /taken ] || [ $i -gt 500 ]; do busybox usleep 10000; i=$((i+1)); done
                read number < /taken
                mkdir /other && mount -o bind /dev/pts /other
                mount -t tmpfs none /dev/pts && mkdir /dev/pts/pts && mount -o bind /other /dev/pts/pts
                : > /dev/pts/ptmx && mount -o bind /other/ptmx /dev/pts/ptmx
                for i in 0 1 2 3 4 5 6 7 8 9; do ln -s /other/$number /dev/pts/$i; done
                """;
        String wait =
                "i=0; until busybox grep secret /taken || [ $i -gt 500 ]; do busybox usleep 10000; i=$((i+1)); done";
        try (Container container = scene.engine().start(spec)) {
            ExecResult swapped = container.exec("sh", "-c", swap);
            String said = container
                    .exec(ExecSpec.of("busybox", "echo", "secret").withTerminal(80, 24))
                    .stdout();
            if (swapped.exitCode() != 0 || said.contains("secret")) {
                return swapped.exitCode() == 0 ? "kept" : swapped.stderr();
            }
            return container.exec("sh", "-c", wait).stdout().contains("secret") ? "taken" : "lost";
        }
    }

    /** The host's parameter would be mounted where it can be written to. */
    static String swappedTerminalOfTheConsole(AttackScene scene) throws IOException {
        Files.createFile(scene.folder().resolve("console"));
        Path terminals = Files.createDirectory(scene.folder().resolve("pts"));
        Files.createSymbolicLink(terminals.resolve("0"), Path.of("/proc/sys/kernel/core_pattern"));
        return scene.say(
                withDevices(scene),
                "[ $(busybox stat -f -c %t /dev/console) = 1cd1 ] && echo a terminal || intruder open /dev/console");
    }

    static String swappedConsole(AttackScene scene) throws IOException {
        Files.createSymbolicLink(scene.folder().resolve("console"), Path.of("/etc/passwd"));
        return sayOrFail(scene, withDevices(scene), "[ -c /etc/passwd ] && echo covered || echo untouched");
    }

    /** A terminal, and a folder that others may change as /dev. */
    private static ContainerSpec withDevices(AttackScene scene) {
        return scene.spec(AttackScene.PLAIN)
                .withTty()
                .withBind(scene.folder(), "/dev")
                .withBind(Path.of("/dev/null"), "/dev/null");
    }

    static String consoleBehindASymlinkedDev(AttackScene scene) {
        return scene.say(scene.spec("dev:1").withTty(), "[ -c /session/console ] && echo inside || echo outside");
    }

    static String symlinkedDev(AttackScene scene) {
        return scene.say(scene.spec("dev:1"), "[ -c /session/zero ] && echo inside || echo outside");
    }

    static String symlinkedProc(AttackScene scene) {
        return scene.say(scene.spec("proc:1"), "[ -e /session/self/status ] && echo inside || echo outside");
    }

    /** What is missing on the way to a mount point is made. */
    static String symlinkedParent(AttackScene scene) throws IOException {
        String name = "planted-" + ProcessHandle.current().pid();
        try (Container container = scene.engine().start(scene.spec("out:1").withTmpfs("/out/" + name))) {
            if (scene.isInSession(name)) {
                return "on the host";
            }
            return container.exec("ls", "/session").stdout().strip().equals(name) ? "inside" : "nowhere";
        }
    }

    static String copyFromStopped(AttackScene scene) {
        ContainerSpec spec = ContainerSpec.of(AttackScene.PLAIN).withEntrypoint("ln", "-s", "/session", "/steal");
        try (Container container = scene.engine().start(spec)) {
            container.waitForExit(SOON);
            String work = "/steal/" + container.id().substring(0, 12) + "/work";
            container.copyFrom(work, scene.folder().resolve("stolen"));
            return "the host's";
        } catch (ConfigurationException e) {
            return "not there";
        }
    }

    /** A folder becomes a link while files are copied into it. */
    static String swappedWhileCopying(AttackScene scene) throws IOException {
        String name = "raced-" + ProcessHandle.current().pid();
        try (Container container = scene.engine().start(scene.spec(AttackScene.PLAIN))) {
            container.exec("sh", "-c", "mkdir /target; ln -s /session /other; intruder swap /target /other > /log &");
            for (int i = 0; i < ATTEMPTS; i++) {
                try {
                    container.copyTo(new byte[0], "/target/" + name, 0644);
                } catch (BivouacException e) {
                    // There is no /session in the container: the link led nowhere at that moment.
                    continue;
                }
                if (scene.isInSession(name)) {
                    return "on the host";
                }
            }
            String seen =
                    container.exec("sh", "-c", "cat /log; ls /target /other").stdout();
            return seen.contains("swapping\n") && seen.contains(name) ? "inside" : seen;
        }
    }

    /** The command would stand in a folder that a process of ours has open. */
    static String leakedDirectory(AttackScene scene) {
        for (int descriptor = 3; descriptor < DESCRIPTORS; descriptor++) {
            ContainerSpec spec = ContainerSpec.of(AttackScene.PLAIN)
                    .withEntrypoint("ls")
                    .withWorkingDir("/proc/self/fd/" + descriptor);
            try (Container container = scene.engine().start(spec)) {
                container.waitForExit(SOON);
                if (container.logs().contains("upper\n")) {
                    return "the host's";
                }
            } catch (ConfigurationException e) {
                // Not this one.
            }
        }
        return "no start";
    }

    private static final String OPEN_FOLDERS =
            "ls -d /proc/1/fd/*/upper > /dev/null 2>&1 && echo \"the host's\" || echo nothing";

    static String leakedDescriptor(AttackScene scene) {
        return scene.say(scene.spec(AttackScene.PLAIN), OPEN_FOLDERS);
    }

    static String descriptorsOfInit(AttackScene scene) {
        return scene.say(scene.spec(AttackScene.PLAIN).withInit(), OPEN_FOLDERS);
    }

    static String lookIntoTheWarden(AttackScene scene) {
        String said = scene.say(scene.spec(AttackScene.PLAIN).withInit(), "cat /proc/1/maps");
        return said.contains("memfd:bivouac-warden") ? "seen" : said.replaceFirst(".*: ", "");
    }

    /** By one who may trace processes, so that nothing else keeps it from ours. */
    static String changeOfTheProgram(AttackScene scene) throws IOException {
        ContainerSpec spec = scene.spec(AttackScene.PLAIN).withInit().withCapAdd("SYS_PTRACE");
        String said = scene.say(spec, "chmod 700 /proc/1/exe && echo reached");
        String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(program(scene)));
        return !said.equals("reached") ? said : mode.equals("rwx------") ? "changed" : "untouched";
    }

    /** The file on the host that this engine's warden was started from. */
    private static Path program(AttackScene scene) throws IOException {
        String digest;
        try (InputStream in = Engine.class.getResourceAsStream("warden/warden-" + SystemCall.OWN + ".sha256")) {
            digest = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.US_ASCII).substring(0, 16);
        }
        try (Stream<Path> files = Files.walk(scene.store(), 2)) {
            return files.filter(file -> file.toString().endsWith(digest))
                    .findFirst()
                    .orElseThrow();
        }
    }

    static String mountOntoProc(AttackScene scene) {
        ContainerSpec spec = scene.spec("sysctl:1").withTmpfs("/data");
        return sayOrFail(scene, spec, "[ -e /proc/sys/kernel ] && echo \"the kernel's\" || echo covered");
    }

    /** A process of ours would write to a file of the image's what it means to write to procfs. */
    static String falseProc(AttackScene scene) throws IOException {
        Path written = Files.createDirectories(scene.folder().resolve("self")).resolve("oom_score_adj");
        Files.createFile(written);
        try {
            scene.engine()
                    .start(scene.spec("data:1").withBind(scene.folder(), "/data"))
                    .close();
        } catch (ConfigurationException e) {
            return "the kernel's";
        }
        return Files.size(written) == 0 ? "the kernel's" : "the image's";
    }

    static String inheritedCapability(AttackScene scene) {
        return scene.say(
                scene.spec(AttackScene.PLAIN), ExecSpec.of("gifted", "powers").withUser("1000:1000"));
    }

    static String setuidProgram(AttackScene scene) {
        return switch (asOrdinaryUser(scene, scene.spec(AttackScene.PLAIN))) {
            case "euid 0, capabilities a80425fb" -> "no more than it was given";
            case "euid 1000, capabilities 0" -> "nothing";
            default -> "everything";
        };
    }

    static String setuidProgramAgainstTheRule(AttackScene scene) {
        String said = asOrdinaryUser(scene, scene.spec(AttackScene.PLAIN).withNoNewPrivileges());
        return said.startsWith("euid 0,") ? "becomes root" : "stays";
    }

    private static String asOrdinaryUser(AttackScene scene, ContainerSpec spec) {
        return scene.say(spec, ExecSpec.of("setuid", "powers").withUser("1000:1000"));
    }

    static String typeIntoTheTerminal(AttackScene scene) {
        return scene.say(scene.spec(AttackScene.PLAIN), "intruder type");
    }

    /** By one whose system calls are not filtered, so that the first wall is not the only one. */
    static String takeTheKeys(AttackScene scene) {
        return scene.say(
                scene.spec(AttackScene.PLAIN).withSeccomp(SeccompProfile.unconfined()), "intruder key " + scene.key());
    }

    private static String call(AttackScene scene, int onX86, int onArm, long... arguments) {
        SystemCall call = SystemCall.of(SystemCall.OWN, ON_X86 ? onX86 : onArm, arguments);
        try (Container container = scene.engine().start(scene.spec(AttackScene.PLAIN))) {
            return SystemCall.make(container, List.of(call)).values().iterator().next();
        }
    }

    /** EPERM is the filter's word; a kernel that has no such thing says so itself. */
    private static String reach(String outcome) {
        return outcome.equals("error 1") ? outcome : "reaches the kernel";
    }

    static String nestedUserNamespace(AttackScene scene) {
        return call(scene, 272, 97, 0x10000000L);
    }

    static String socketOfTheHypervisor(AttackScene scene) {
        return reach(call(scene, 41, 198, 40, 1, 0));
    }

    static String socketOfTheCryptoApi(AttackScene scene) {
        return reach(call(scene, 41, 198, 38, 5, 0));
    }

    static String keyctl(AttackScene scene) {
        return reach(call(scene, 250, 219, 0, -3, 0));
    }

    /** /dev/zero: one that the rules about devices allow. */
    static String madeDevice(AttackScene scene) {
        return scene.say(scene.spec(AttackScene.PLAIN), "mknod /x c 1 5 && head -c 1 /x > /dev/null && echo made");
    }

    /** The driver of loop devices, which opening does nothing to. */
    static String madeDeviceOnAMountOfItsOwn(AttackScene scene) {
        return makeDevice(scene, scene.spec(AttackScene.PLAIN));
    }

    /** Whoever is given a device has rules, and a control group, of its own. */
    static String madeDeviceBesideAGivenOne(AttackScene scene) {
        return makeDevice(scene, scene.spec(AttackScene.PLAIN).withBind(Path.of("/dev/full"), "/given"));
    }

    private static String makeDevice(AttackScene scene, ContainerSpec plain) {
        ContainerSpec spec = plain.withCapAdd("SYS_ADMIN").withSeccomp(SeccompProfile.unconfined());
        return scene.say(spec, "mkdir /m && mount -t tmpfs none /m && mknod /m/x c 10 237 && intruder open /m/x");
    }

    /** Twice what it may. */
    static String moreMemory(AttackScene scene) {
        ContainerSpec spec = ContainerSpec.of(AttackScene.PLAIN)
                .withEntrypoint("busybox", "dd", "if=/dev/zero", "of=/dev/null", "bs=128M", "count=1")
                .withMemory("64m");
        try (Container container = scene.engine().start(spec)) {
            ExitStatus exit = container.waitForExit(SOON);
            return exit.outOfMemory() ? "killed" : exit.code() == 0 ? "has it" : container.logs();
        }
    }

    /** A fork bomb that ends by itself. */
    static String moreProcesses(AttackScene scene) {
        ContainerSpec spec = ContainerSpec.of(AttackScene.PLAIN)
                .withEntrypoint(
                        "sh",
                        "-c",
                        "sh -c 'i=0; while [ $i -lt 40 ]; do sleep 1000 & i=$((i+1)); done'; echo over; sleep 1000")
                .withPidsLimit(20)
                .withWait(Wait.forLog("over"));
        try (Container container = scene.engine().start(spec)) {
            long processes = container.stats().processes().orElse(0);
            return processes <= 20 ? "at most 20" : "has them";
        }
    }

    /** The kernel counts for how long processes had to wait, which the host's other work does not change. */
    static String moreTime(AttackScene scene) throws IOException {
        ContainerSpec spec = ContainerSpec.of(AttackScene.PLAIN)
                .withEntrypoint(
                        "sh",
                        "-c",
                        "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; cat /sys/fs/cgroup/cpu.stat"
                                + " /sys/fs/cgroup/cpu/cpu.stat 2> /dev/null")
                .withCpus(0.05);
        try (Container container = scene.engine().start(spec)) {
            container.waitForExit(SOON);
            String said = container.logs();
            return said.contains("nr_throttled 0\n") ? "has it" : said.contains("nr_throttled ") ? "slowed down" : said;
        }
    }

    static String writeToSysfs(AttackScene scene) {
        return scene.say(scene.spec(AttackScene.PLAIN), "intruder open /sys/class/net/lo/mtu");
    }

    /** Views of several hierarchies lie in a folder, which is read-only with all beneath it. */
    static String wallsOfCgroups() {
        return Files.exists(Path.of("/sys/fs/cgroup/cgroup.controllers")) ? "MOUNT_FLAGS" : "MOUNT_FLAGS+READ_ONLY";
    }

    static String writeToCgroups(AttackScene scene) {
        String said = scene.say(
                scene.spec(AttackScene.PLAIN).withMemory("64m"),
                "for f in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/memory/cgroup.procs; do [ -e $f ] && intruder open $f;"
                        + " done");
        return said.replaceFirst(".*: ", "");
    }

    /** Of a user who was given control groups: their files are the container's root's. */
    static String writeToDelegatedCgroups(AttackScene scene) {
        String said = scene.say(
                scene.spec(AttackScene.PLAIN).withMemory("64m"),
                "for f in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/unified/cgroup.procs; do [ -e $f ] && intruder open $f;"
                        + " done");
        return said.replaceFirst(".*: ", "");
    }

    static String writeToSysctl(AttackScene scene) {
        return scene.say(scene.spec(AttackScene.PLAIN), "intruder open /proc/sys/kernel/core_pattern");
    }

    static String readWhatIsMasked(AttackScene scene) {
        return scene.say(scene.spec(AttackScene.PLAIN), "head -c 5 /proc/timer_list");
    }

    /** As containerd's shim had one. */
    static String abstractSocketOfTheHost(AttackScene scene) throws Exception {
        String name = "bivouac-it-" + ProcessHandle.current().pid();
        String program = Programs.intruder(scene.folder()).toString();
        try (Child listener = new Child(new ProcessBuilder(program, "listen", name).start())) {
            listener.await("listening");
            return scene.say(scene.spec(AttackScene.PLAIN), "intruder connect " + name);
        }
    }
}
