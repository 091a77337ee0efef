package io.bivouac.it;

import java.util.List;
import java.util.Set;

/**
 * What a hostile image, or a program in a container, tries: each named in the list of past escapes, or of a kind with them.
 *
 * <p>The walls are those of {@code protect.h} that an attack runs up against. Where there are several, each alone repels it.
 *
 * @param walls joined by "+"
 * @param repelled what comes of it
 * @param succeeded what would come of it without these walls
 */
record Attack(String name, String walls, Body body, String repelled, String succeeded) {
    static final List<Attack> ALL = List.of(
            // CVE-2025-31133.
            new Attack(
                    "swapped null device",
                    "REAL_NULL",
                    Attacks::swappedNullDevice,
                    "Starting the container c (image plain:1) failed: what it has at /dev/null, which is to cover parts of /proc, is"
                            + " not the null device.",
                    "/proc/timer_list: open"),
            new Attack("swapped input", "REAL_INPUT", Attacks::swappedInput, "", "root:x:0:0::/:/bin/sh"),
            // CVE-2021-30465.
            // CVE-2025-52565.
            new Attack("swapped terminal", "OWN_PEER", Attacks::swappedTerminal, "kept", "taken"),
            new Attack(
                    "swapped terminal of the console",
                    "OWN_PEER",
                    Attacks::swappedTerminalOfTheConsole,
                    "a terminal",
                    "/dev/console: open"),
            new Attack(
                    "swapped console",
                    "REAL_CONSOLE",
                    Attacks::swappedConsole,
                    "Starting the container c (image plain:1) failed: its terminal cannot be mounted at /dev/console: what a mount"
                            + " has there is neither a file nor a device.",
                    "covered"),
            new Attack(
                    "console behind a symlinked dev",
                    "IN_ROOT",
                    Attacks::consoleBehindASymlinkedDev,
                    "inside",
                    "outside"),
            new Attack("symlinked dev", "IN_ROOT", Attacks::symlinkedDev, "inside", "outside"),
            new Attack("symlinked proc", "IN_ROOT", Attacks::symlinkedProc, "inside", "outside"),
            new Attack("symlinked parent", "IN_ROOT", Attacks::symlinkedParent, "inside", "on the host"),
            // CVE-2024-45310 and its kin.
            new Attack("copy from stopped", "IN_ROOT", Attacks::copyFromStopped, "not there", "the host's"),
            new Attack(
                    "swapped while copying",
                    "IN_ROOT+ROOT_ENTERED",
                    Attacks::swappedWhileCopying,
                    "inside",
                    "on the host"),
            // CVE-2024-21626.
            new Attack(
                    "leaked directory",
                    "IN_ROOT+REACHABLE_DIRECTORY",
                    Attacks::leakedDirectory,
                    "no start",
                    "the host's"),
            new Attack(
                    "leaked descriptor",
                    "CLOSED_ON_EXEC+CLOSE_RANGE",
                    Attacks::leakedDescriptor,
                    "nothing",
                    "the host's"),
            new Attack(
                    "descriptors of init",
                    "INIT_CLOSED+NOT_DUMPABLE",
                    Attacks::descriptorsOfInit,
                    "nothing",
                    "the host's"),
            // CVE-2016-9962.
            new Attack("look into the warden", "NOT_DUMPABLE", Attacks::lookIntoTheWarden, "Permission denied", "seen"),
            // CVE-2019-5736.
            new Attack("change of the program", "SEALED", Attacks::changeOfTheProgram, "untouched", "changed"),
            // CVE-2019-16884, CVE-2023-28642.
            new Attack(
                    "mount onto proc",
                    "NO_MOUNT_ON_PROC",
                    Attacks::mountOntoProc,
                    "Starting the container c (image sysctl:1) failed: nothing can be mounted at /data: in this image it leads to"
                            + " /proc, the kernel's own view of the container.",
                    "covered"),
            // CVE-2019-19921, CVE-2025-52881.
            new Attack(
                    "false proc", "NO_MOUNT_ON_PROC+PRIVATE_PROC", Attacks::falseProc, "the kernel's", "the image's"),
            // CVE-2022-29162.
            new Attack(
                    "inherited capability",
                    "EMPTY_INHERITABLE",
                    Attacks::inheritedCapability,
                    "euid 1000, capabilities 0",
                    "euid 1000, capabilities 2000"),
            new Attack("setuid program", "BOUNDING", Attacks::setuidProgram, "no more than it was given", "everything"),
            new Attack(
                    "setuid program against the rule",
                    "NO_NEW_PRIVILEGES",
                    Attacks::setuidProgramAgainstTheRule,
                    "stays",
                    "becomes root"),
            new Attack(
                    "type into the terminal",
                    "GUARDIAN_SESSION+OWN_SESSION",
                    Attacks::typeIntoTheTerminal,
                    "/dev/tty: No such device or address",
                    "typed"),
            new Attack(
                    "take the keys", "KEYRING", Attacks::takeTheKeys, "keyctl: Required key not available", "secret"),
            new Attack("nested user namespace", "SECCOMP", Attacks::nestedUserNamespace, "error 1", "ok"),
            new Attack(
                    "socket of the hypervisor",
                    "SECCOMP",
                    Attacks::socketOfTheHypervisor,
                    "error 1",
                    "reaches the kernel"),
            new Attack(
                    "socket of the crypto api",
                    "SECCOMP",
                    Attacks::socketOfTheCryptoApi,
                    "error 1",
                    "reaches the kernel"),
            new Attack("keyctl", "SECCOMP", Attacks::keyctl, "error 1", "reaches the kernel"),
            new Attack("made device", "NO_DEVICES", Attacks::madeDevice, "head: /x: Permission denied", "made"),
            new Attack(
                    "made device on a mount of its own",
                    "DEVICE_RULES",
                    Attacks::madeDeviceOnAMountOfItsOwn,
                    "/m/x: Operation not permitted",
                    "/m/x: open"),
            new Attack(
                    "made device beside a given one",
                    "DEVICE_RULES",
                    Attacks::madeDeviceBesideAGivenOne,
                    "/m/x: Operation not permitted",
                    "/m/x: open"),
            new Attack("more memory", "LIMITS", Attacks::moreMemory, "killed", "has it"),
            new Attack("more processes", "LIMITS", Attacks::moreProcesses, "at most 20", "has them"),
            new Attack("more time", "LIMITS", Attacks::moreTime, "slowed down", "has it"),
            new Attack(
                    "write to sysfs",
                    "MOUNT_FLAGS",
                    Attacks::writeToSysfs,
                    "/sys/class/net/lo/mtu: Read-only file system",
                    "/sys/class/net/lo/mtu: open"),
            new Attack(
                    "write to cgroups",
                    Attacks.wallsOfCgroups(),
                    Attacks::writeToCgroups,
                    "Read-only file system",
                    "open"),
            // CVE-2023-25809.
            new Attack(
                    "write to delegated cgroups",
                    Attacks.wallsOfCgroups(),
                    Attacks::writeToDelegatedCgroups,
                    "Read-only file system",
                    "open"),
            new Attack(
                    "write to sysctl",
                    "READ_ONLY",
                    Attacks::writeToSysctl,
                    "/proc/sys/kernel/core_pattern: Read-only file system",
                    "/proc/sys/kernel/core_pattern: open"),
            new Attack("read what is masked", "MASKS", Attacks::readWhatIsMasked, "", "Timer"),
            // CVE-2020-15257.
            new Attack(
                    "abstract socket of the host",
                    "OWN_NETWORK",
                    Attacks::abstractSocketOfTheHost,
                    "connect: Connection refused",
                    "connected"));

    private static final Set<String> OF_ROOTS = Set.of(
            "made device",
            "made device on a mount of its own",
            "made device beside a given one",
            "write to cgroups",
            "write to sysctl",
            "more memory",
            "more processes",
            "more time");

    /** Does it. */
    @FunctionalInterface
    interface Body {
        /** Returns what comes of it, on one line. */
        String attempt(AttackScene scene) throws Exception;
    }

    static Attack named(String name) {
        return ALL.stream()
                .filter(attack -> attack.name.equals(name))
                .findFirst()
                .orElseThrow();
    }

    List<String> each() {
        return List.of(walls.split("\\+", -1));
    }

    /** Of what only a container of root's may do, or is given. */
    boolean takesRoot() {
        return OF_ROOTS.contains(name);
    }

    /** What comes of it against a warden without these walls. */
    String expected(List<String> without) {
        return without.containsAll(each()) ? succeeded : repelled;
    }
}
