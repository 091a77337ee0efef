package io.bivouac.engine.warden;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.HostException;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.UnsupportedHostException;
import java.util.Set;

/** Turns what the warden reports into exceptions for people: what was tried, on what, why it failed, what to do next. */
public final class FailureTranslation {
    private static final Set<Integer> FULL = Set.of(Errno.ENOSPC, Errno.EDQUOT);

    private FailureTranslation() {}

    /**
     * Makes the exception.
     *
     * @param attempt what the user asked for, as the beginning of a sentence: {@code Starting container db (image x) failed}
     */
    public static BivouacException translate(String attempt, WardenException cause) {
        WardenFailure failure = cause.failure();
        if (FULL.contains(failure.errno()) && !isNamespace(failure)) {
            return new HostException(
                    attempt + ": the file system of the store is full (" + failure
                            + "). Free space there, or move the store with -Dbivouac.store=FOLDER.",
                    cause);
        }
        if (failure.errno() == Errno.EROFS) {
            return new HostException(
                    attempt + ": " + failure + ". Choose a writable place with -Dbivouac.store=FOLDER.", cause);
        }
        return switch (failure.operation()) {
            case "create a user namespace" ->
                new UnsupportedHostException(
                        attempt + ": this host denies user namespaces to ordinary users (" + failure + "). "
                                + NAMESPACE_HINT,
                        cause);
            case "create namespaces", "separate the session's mounts", "build the empty mount namespace" ->
                new UnsupportedHostException(
                        attempt + ": this host denies namespaces (" + failure
                                + "). Root needs CAP_SYS_ADMIN; inside a container, start that container privileged.",
                        cause);
            case "map ids" ->
                new UnsupportedHostException(
                        attempt + ": the user's subordinate ids could not be mapped (" + failure + "). " + MAPPING_HINT,
                        cause);
            case "open the source of a bind mount" ->
                new ConfigurationException(
                        attempt + ": the bind source " + failure.object() + " cannot be opened: "
                                + Errno.text(failure.errno()) + ". Make it before the start.",
                        cause);
            case "change the user" ->
                new ConfigurationException(
                        attempt + ": it cannot run as " + failure.object() + ": " + Errno.text(failure.errno())
                                + ". In a rootless session only mapped ids exist: add subordinate ids with usermod --add-subuids and"
                                + " --add-subgids.",
                        cause);
            case "enter the working directory" ->
                new ConfigurationException(
                        attempt + ": the working directory " + failure.object() + " cannot be entered: "
                                + Errno.text(failure.errno()) + ".",
                        cause);
            case "listen on the host" ->
                new HostException(
                        attempt + ": the host cannot listen on " + failure.object() + ": " + Errno.text(failure.errno())
                                + ". Publish on a free port with withPorts.",
                        cause);
            default -> new InternalException(attempt + ": the warden could not " + failure + ".", cause);
        };
    }

    private static final String NAMESPACE_HINT =
            "Allow them: sysctl user.max_user_namespaces must be above 0; on Debian kernel.unprivileged_userns_clone=1; on"
                    + " Ubuntu kernel.apparmor_restrict_unprivileged_userns=0. Or run as root.";

    private static final String MAPPING_HINT =
            "Install newuidmap and newgidmap (Debian: apt-get install uidmap) and check the user's lines in /etc/subuid and"
                    + " /etc/subgid.";

    /** ENOSPC of clone and unshare means a limit on namespaces, not a full disk. */
    private static boolean isNamespace(WardenFailure failure) {
        return failure.syscall().equals("clone3") || failure.syscall().equals("unshare");
    }
}
