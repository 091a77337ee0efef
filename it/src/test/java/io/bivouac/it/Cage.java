package io.bivouac.it;

import java.util.ArrayList;
import java.util.List;

/**
 * Namespaces and control groups of its own, in which nothing happens but what a campaign does: whatever differs there afterwards
 * is the campaign's.
 */
final class Cage {
    /** Begins the names of the control groups. */
    static final String GROUP = "bivouac-it-cage-";

    /** On a tmpfs of the cage's own. */
    private static final String SOCKETS = "/run/sockets";

    /** Where engines in the cage have their sockets. */
    static final String RUNTIME = "XDG_RUNTIME_DIR=" + SOCKETS;

    /** The shell stays and reaps, as PID 1 does. */
    private static final String SCRIPT = """
            for folder in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/freezer; do
                [ -e $folder/cgroup.procs ] || continue
                group=$folder/$GROUP
                mkdir $group
                [ -z "$OWNER" ] || chown -R $OWNER $group
                echo 0 > $group/cgroup.procs
                groups="$groups $group"
            done
            /bin/busybox ip link set lo up
            mount -t tmpfs none ${SOCKETS%/*}
            mkdir -m 777 $SOCKETS
            "$@"
            code=$?
            for group in $groups; do
                find $group -name freezer.state -exec sh -c 'echo THAWED > $0' {} ';'
                echo 0 > ${group%/*}/cgroup.procs
            done
            kill -KILL -1
            for attempt in 1 2 3 4 5 6 7 8 9; do
                find $groups -depth -type d -exec rmdir {} ';' 2>/dev/null && break
                sleep 0.1
            done
            exit $code
            """;

    private Cage() {}

    /**
     * The command that runs another one in a cage.
     *
     * @param name tells this cage from others of this process
     * @param owner who may use the control groups, if not root
     */
    static String[] of(String name, String owner) {
        String group = GROUP + ProcessHandle.current().pid() + "-" + name;
        List<String> words = new ArrayList<>(List.of("env", "GROUP=" + group, "OWNER=" + owner, "SOCKETS=" + SOCKETS));
        words.addAll(
                List.of("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--net", "--ipc"));
        words.addAll(List.of("sh", "-c", SCRIPT, "sh"));
        return words.toArray(String[]::new);
    }
}
