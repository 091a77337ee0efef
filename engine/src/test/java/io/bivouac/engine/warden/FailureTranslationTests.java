package io.bivouac.engine.warden;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.HostException;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.UnsupportedHostException;
import org.junit.jupiter.api.Test;

class FailureTranslationTests {
    private static BivouacException translate(String operation, String syscall, int errno, String object) {
        return FailureTranslation.translate(
                "It failed", new WardenException(new WardenFailure(operation, syscall, errno, object)));
    }

    @Test
    void fullDiskIsTheStoresOnlyWhereTheStoreIsWritten() {
        assertThat(translate("write the tree", "write", Errno.ENOSPC, "a"))
                .isInstanceOf(HostException.class)
                .hasMessage(
                        "It failed: the file system of the store is full (write the tree (write) on a: no space left on"
                                + " device (ENOSPC)). Free space there, or move the store with -Dbivouac.store=FOLDER.");
        assertThat(translate("make a control group", "mkdir", Errno.ENOSPC, "/g"))
                .isInstanceOf(InternalException.class)
                .hasMessage(
                        "It failed: the warden could not make a control group (mkdir) on /g: no space left on device"
                                + " (ENOSPC).");
    }

    @Test
    void limitsOfTheHostAreNamed() {
        assertThat(translate("open the tree", "open", Errno.EMFILE, "/t"))
                .isInstanceOf(HostException.class)
                .hasMessage("It failed: too many files are open (open the tree (open) on /t: too many open files"
                        + " (EMFILE)). Raise the limit: ulimit -n, or sysctl fs.file-max.");
        assertThat(translate("create namespaces", "clone3", Errno.EAGAIN, ""))
                .isInstanceOf(HostException.class)
                .hasMessage(
                        "It failed: no more processes may be started (create namespaces (clone3): resource temporarily"
                                + " unavailable (EAGAIN)). Raise the limit: ulimit -u, sysctl kernel.pid_max, or pids.max of the"
                                + " control group.");
        assertThat(translate("read the tree", "malloc", Errno.ENOMEM, "/t"))
                .isInstanceOf(HostException.class)
                .hasMessage(
                        "It failed: this host is out of memory (read the tree (malloc) on /t: out of memory (ENOMEM)).");
    }

    @Test
    void sysctlsAreNamedAsTheyWereGiven() {
        assertThat(translate("set a sysctl", "write", Errno.EINVAL, "net/core/somaxconn"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("It failed: the sysctl net.core.somaxconn cannot be set: invalid argument (EINVAL).");
    }

    @Test
    void wardenThatEndedIsNotTakenForAContainerThatIsMissing() {
        assertThat(translate("find the container", "recvmsg", Errno.ECONNRESET, "c1"))
                .isInstanceOf(InternalException.class)
                .hasMessage(
                        "It failed: the warden ended meanwhile (find the container (recvmsg) on c1: connection reset"
                                + " (ECONNRESET)). It was killed, or this host ran out of memory.");
        assertThat(translate("find the container", "", Errno.ENOENT, "c1"))
                .isInstanceOf(InternalException.class)
                .hasMessage(
                        "It failed: the warden could not find the container on c1: no such file or directory (ENOENT).");
    }

    @Test
    void labelsThatSelinuxDeniesAreNamed() {
        assertThat(translate("label the folder", "fsetxattr", Errno.EACCES, "u:object_r:container_ro_file_t:s0"))
                .isInstanceOf(UnsupportedHostException.class)
                .hasMessage("It failed: SELinux does not let this process give its folders the label"
                        + " u:object_r:container_ro_file_t:s0, which its containers need: permission denied (EACCES)."
                        + " Run as a user whom SELinux does not confine.");
    }

    @Test
    void namespacesAreDeniedByPrivilegeNotByLimits() {
        assertThat(translate("create namespaces", "clone3", Errno.EPERM, ""))
                .isInstanceOf(UnsupportedHostException.class)
                .hasMessage(
                        "It failed: this host denies namespaces (create namespaces (clone3): operation not permitted"
                                + " (EPERM)). Root needs CAP_SYS_ADMIN; inside a container, start that container privileged.");
    }

    @Test
    void whatAnImageHasInTheWayIsNamed() {
        assertThat(translate("make a mount point", "openat2", Errno.ENOTDIR, "/etc/hosts"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "It failed: the image has something else at /etc/hosts, or on the way to it (make a mount point"
                                + " (openat2) on /etc/hosts: not a directory (ENOTDIR)). Build it with folders on that path, or with"
                                + " nothing.");
        assertThat(translate("mount a file system", "move_mount", Errno.EINVAL, "/dev"))
                .isInstanceOf(ConfigurationException.class);
        assertThat(translate("mount a file system", "fsconfig", Errno.EINVAL, "/dev"))
                .isInstanceOf(InternalException.class);
        assertThat(translate("make a mount point", "openat2", Errno.EPERM, "/etc/hosts"))
                .isInstanceOf(InternalException.class);
    }

    @Test
    void adviceIsGivenOnlyWhereItHelps() {
        assertThat(translate("open the source of a bind mount", "open_tree", Errno.EACCES, "/b"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("It failed: the bind source /b cannot be opened: permission denied (EACCES).");
        assertThat(translate("change the user", "setresuid", Errno.EAGAIN, "7:7"))
                .hasMessage("It failed: it cannot run as 7:7: resource temporarily unavailable (EAGAIN).");
        assertThat(translate("change the user", "setresuid", Errno.EINVAL, "7:7"))
                .hasMessage(
                        "It failed: it cannot run as 7:7: invalid argument (EINVAL). In a rootless session only mapped"
                                + " ids exist: add subordinate ids with usermod --add-subuids and --add-subgids.");
    }
}
