package io.bivouac.engine.warden;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.HostException;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.UnsupportedHostException;
import java.util.Optional;
import java.util.Set;

/** Turns what the warden reports into exceptions for people: what was tried, on what, why it failed, what to do next. */
public final class FailureTranslation {
    private static final Set<Integer> FULL = Set.of(Errno.ENOSPC, Errno.EDQUOT);
    private static final Set<Integer> NO_DESCRIPTORS = Set.of(Errno.EMFILE, Errno.ENFILE);
    private static final Set<String> NEW_PROCESSES = Set.of("clone3", "fork");
    /** What writes into the store. */
    private static final Set<String> STORE = Set.of(
            "write the tree",
            "write the record file",
            "read the tree",
            "make the container's folder",
            "make a mount point",
            "make a folder",
            "enter the working directory",
            "mount the overlay",
            "open the log",
            "make the session's folder",
            "lock the session",
            "record the session",
            "remove a folder");

    /** What puts something into a container's file system, and what the kernel says when it has something else there. */
    private static final Set<String> PROVIDING =
            Set.of("make a mount point", "mount a file system", "bind", "make a folder", "make a symbolic link");

    private static final Set<Integer> IN_THE_WAY = Set.of(Errno.ENOTDIR, Errno.EISDIR, Errno.EEXIST, Errno.ELOOP);

    /** A file and a folder do not go onto each other; said of a new file system, the same number means its options. */
    private static boolean isInTheWay(WardenFailure failure) {
        boolean unlike = failure.errno() == Errno.EINVAL && failure.syscall().equals("move_mount");
        return PROVIDING.contains(failure.operation()) && (unlike || IN_THE_WAY.contains(failure.errno()));
    }

    private FailureTranslation() {}

    /**
     * Makes the exception.
     *
     * @param attempt what the user asked for, as the beginning of a sentence: {@code Starting container db (image x) failed}
     */
    public static BivouacException translate(String attempt, WardenException cause) {
        return ofAnyOperation(attempt, cause).orElseGet(() -> ofOperation(attempt, cause));
    }

    private static Optional<BivouacException> ofAnyOperation(String attempt, WardenException cause) {
        WardenFailure failure = cause.failure();
        int errno = failure.errno();
        String problem = null;
        if (FULL.contains(errno) && STORE.contains(failure.operation())) {
            problem = "the file system of the store is full (" + failure
                    + "). Free space there, or move the store with -Dbivouac.store=FOLDER.";
        } else if (errno == Errno.EROFS && failure.operation().equals("set a sysctl")) {
            problem = "what this host has at /proc/sys is read-only (" + failure + "). " + Remedies.PROCFS;
        } else if (errno == Errno.EROFS) {
            problem = failure + ". Choose a writable place with -Dbivouac.store=FOLDER.";
        } else if (NO_DESCRIPTORS.contains(errno)) {
            problem = "too many files are open (" + failure + "). Raise the limit: ulimit -n, or sysctl fs.file-max.";
        } else if (errno == Errno.EAGAIN && NEW_PROCESSES.contains(failure.syscall())) {
            problem = "no more processes may be started (" + failure
                    + "). Raise the limit: ulimit -u, sysctl kernel.pid_max, or pids.max of the control group.";
        } else if (errno == Errno.ENOMEM) {
            problem = "this host is out of memory (" + failure + ").";
        } else if (isCoveredView(failure)) {
            problem =
                    "this host lets no new procfs and sysfs be mounted, and a container that may mount cannot share this host's"
                            + " (" + failure + "). " + Remedies.PROCFS;
        } else if (failure.syscall().equals("seccomp")) {
            problem = "this host does not take seccomp filters (" + failure + "). " + Remedies.SECCOMP;
        } else if (isInTheWay(failure)) {
            return Optional.of(new ConfigurationException(
                    attempt + ": the image has something else at " + failure.object() + ", or on the way to it ("
                            + failure + "). Build it with folders on that path, or with nothing.",
                    cause));
        }
        return problem == null ? Optional.empty() : Optional.of(new HostException(attempt + ": " + problem, cause));
    }

    /** Procfs and sysfs of which the host has covered parts. */
    private static boolean isCoveredView(WardenFailure failure) {
        boolean view = failure.object().startsWith("proc") || failure.object().startsWith("sysfs");
        return view && failure.is("mount a file system") && failure.errno() == Errno.EPERM;
    }

    private static BivouacException ofOperation(String attempt, WardenException cause) {
        WardenFailure failure = cause.failure();
        return switch (failure.operation()) {
            case "create a user namespace" ->
                new UnsupportedHostException(
                        attempt + ": this host denies user namespaces to ordinary users (" + failure + "). "
                                + Remedies.userNamespaces(),
                        cause);
            case "create namespaces", "separate the session's mounts", "build the empty mount namespace" ->
                new UnsupportedHostException(
                        attempt + ": this host denies namespaces (" + failure + "). " + Remedies.NAMESPACES, cause);
            case "map ids" ->
                new UnsupportedHostException(
                        attempt + ": the user's subordinate ids could not be mapped (" + failure + "). "
                                + Remedies.MAPPING,
                        cause);
            case "mount a private procfs" ->
                new UnsupportedHostException(
                        attempt + ": this host lets no new procfs be mounted (" + failure + "). " + Remedies.PROCFS,
                        cause);
            case "open the source of a bind mount" ->
                new ConfigurationException(
                        attempt + ": the bind source " + failure.object() + " cannot be opened: "
                                + Errno.text(failure.errno()) + "."
                                + (failure.errno() == Errno.ENOENT ? " Make it before the start." : ""),
                        cause);
            case "label the process" ->
                new ConfigurationException(
                        attempt + ": this host's security module does not take the label " + failure.object() + ": "
                                + Errno.text(failure.errno())
                                + ". Load the AppArmor profile with apparmor_parser, or start without withAppArmor.",
                        cause);
            case "label the folder" ->
                new UnsupportedHostException(
                        attempt + ": SELinux does not let this process give its folders the label " + failure.object()
                                + ", which its containers need: " + Errno.text(failure.errno())
                                + ". Run as a user whom SELinux does not confine.",
                        cause);
            case "hide what lies below" ->
                new HostException(
                        attempt + ": a layer removes " + failure.object()
                                + ", which the store's file system has no means for before Linux 6.8 ("
                                + failure.syscall() + ": "
                                + Errno.text(failure.errno()) + "). " + Remedies.OVERLAY,
                        cause);
            case "mount onto procfs" ->
                new ConfigurationException(
                        attempt + ": nothing can be mounted at " + failure.object()
                                + ": in this image it leads to /proc, the kernel's own view of the container.",
                        cause);
            case "recognize the masking device" ->
                new ConfigurationException(
                        attempt
                                + ": what it has at /dev/null, which is to cover parts of /proc, is not the null device.",
                        cause);
            case "recognize the console" ->
                new ConfigurationException(
                        attempt + ": its terminal cannot be mounted at " + failure.object()
                                + ": what a mount has there is neither a file nor a device.",
                        cause);
            case "change the user" ->
                new ConfigurationException(
                        attempt + ": it cannot run as " + failure.object() + ": " + Errno.text(failure.errno()) + "."
                                + (UNMAPPED.contains(failure.errno()) ? UNMAPPED_HINT : ""),
                        cause);
            case "enter the working directory" ->
                new ConfigurationException(
                        attempt + ": the working directory " + failure.object() + " cannot be entered: "
                                + Errno.text(failure.errno()) + ".",
                        cause);
            case "set a sysctl" ->
                new ConfigurationException(
                        attempt + ": the sysctl " + failure.object().replace('/', '.') + " cannot be set: "
                                + Errno.text(failure.errno()) + "."
                                + (failure.errno() == Errno.ENOENT ? NO_SYSCTL_HINT : ""),
                        cause);
            case "find the container" ->
                // Whoever holds the containers has hung up on its worker, which is about to be killed as well.
                failure.errno() == Errno.ECONNRESET
                        ? new InternalException(
                                attempt + ": the warden ended meanwhile (" + failure
                                        + "). It was killed, or this host ran out of memory.",
                                cause)
                        : unknown(attempt, cause);
            case "listen on the host" ->
                new HostException(
                        attempt + ": the host cannot listen on " + failure.object() + ": " + Errno.text(failure.errno())
                                + ". Publish on a free port with withPorts.",
                        cause);
            default -> unknown(attempt, cause);
        };
    }

    private static InternalException unknown(String attempt, WardenException cause) {
        return new InternalException(attempt + ": the warden could not " + cause.failure() + ".", cause);
    }

    private static final Set<Integer> UNMAPPED = Set.of(Errno.EPERM, Errno.EINVAL);

    /** Those of net.core are root's alone on older kernels: seen on 6.1, not on 6.18. */
    private static final String NO_SYSCTL_HINT =
            " This kernel has none of that name for a container; ordinary users' containers have fewer than root's.";

    private static final String UNMAPPED_HINT =
            " In a rootless session only mapped ids exist: add subordinate ids with usermod --add-subuids and --add-subgids.";
}
