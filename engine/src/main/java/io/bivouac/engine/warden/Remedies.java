package io.bivouac.engine.warden;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What to do about a host that lacks something: sentences for those who are told so before a start, and after it failed. */
public final class Remedies {
    public static final String IDS =
            "Add subordinate ids: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER.";

    public static final String HELPERS = "Install newuidmap and newgidmap (Debian: apt-get install uidmap).";

    public static final String MAPPING =
            "Install newuidmap and newgidmap (Debian: apt-get install uidmap) and check the user's lines in /etc/subuid and"
                    + " /etc/subgid.";

    public static final String NO_NEW_PRIVILEGES =
            "newuidmap has no effect under no_new_privs: start this process without it (Docker, Podman: leave out"
                    + " --security-opt no-new-privileges; Kubernetes: allowPrivilegeEscalation: true; systemd:"
                    + " NoNewPrivileges=no).";

    public static final String NAMESPACES =
            "Root needs CAP_SYS_ADMIN; inside a container, start that container privileged.";

    public static final String PROCFS =
            "Inside a container whose /proc is covered in parts, uncover it: Docker: --security-opt systempaths=unconfined;"
                    + " Podman: --security-opt unmask=ALL; Kubernetes: procMount: Unmasked.";

    public static final String OVERLAY =
            "Move the store to a file system that overlayfs can write on, such as ext4, XFS or tmpfs: -Dbivouac.store=FOLDER.";

    public static final String SECCOMP =
            "Use a kernel with CONFIG_SECCOMP_FILTER, or start the container with SeccompProfile.unconfined().";

    public static final String EXECUTION =
            "If the file system there is mounted noexec, move the store with -Dbivouac.store=FOLDER.";

    public static final String HIERARCHIES =
            "Mount the control groups for this process, writable; inside a container, start that container with"
                    + " --cgroupns=private and privileged.";

    private static final String USER_NAMESPACES =
            "Allow them: sysctl user.max_user_namespaces must be above 0; on Debian kernel.unprivileged_userns_clone=1; on"
                    + " Ubuntu kernel.apparmor_restrict_unprivileged_userns=0. Or run as root.";

    /** Those that deny user namespaces to ordinary users, with the value that does and one that allows them. */
    private static final List<Sysctl> SYSCTLS = List.of(
            new Sysctl("user.max_user_namespaces", "0", "15000"),
            new Sysctl("kernel.unprivileged_userns_clone", "0", "1"),
            new Sysctl("kernel.apparmor_restrict_unprivileged_userns", "1", "0"));

    private record Sysctl(String name, String denies, String allows) {}

    private Remedies() {}

    /**
     * The command before a command that lets systemd hand control groups to it.
     *
     * @param rootless whether an ordinary user is to run it
     */
    public static String delegation(boolean rootless) {
        return "systemd-run " + (rootless ? "--user " : "") + "--scope -p Delegate=yes";
    }

    /** Where there are control groups, but not those that limits take. */
    public static String groups(boolean rootless) {
        return "Let systemd hand control groups to this build: " + delegation(rootless) + " mvn verify.";
    }

    /** The line for the setting of this host that denies them; where none does, all there are. */
    public static String userNamespaces() {
        return userNamespaces(Path.of("/proc/sys"));
    }

    static String userNamespaces(Path sysctls) {
        for (Sysctl setting : SYSCTLS) {
            if (read(sysctls.resolve(setting.name().replace('.', '/'))).equals(setting.denies())) {
                return "Allow them: sudo sysctl -w " + setting.name() + "=" + setting.allows() + ". Or run as root.";
            }
        }
        return USER_NAMESPACES;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.US_ASCII).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
