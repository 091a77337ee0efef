package io.bivouac.engine.rootfs;

import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.tree.Below;
import io.bivouac.engine.tree.TreeEntry;
import io.bivouac.engine.warden.TreePlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What a container has changed: its overlay's upper directory.
 *
 * @param folder on the host
 * @param chain of the layers below
 */
public record UpperDirectory(Path folder, List<Digest> chain) {
    /** Files the engine mounts over; what lies under them is not the container's work. */
    static final Set<String> PROVIDED = Set.of("etc/hosts", "etc/hostname", "etc/resolv.conf");

    public UpperDirectory {
        chain = List.copyOf(chain);
    }

    /** A plan to read every change. */
    TreePlan readPlan(OverlayStacks stacks, int flags) {
        int all = TreePlan.RECURSE | TreePlan.UPPER | stacks.treeFlags() | flags;
        return stacks.withBelow(TreePlan.ofFolder(folder, all), chain);
    }

    /** Folders the engine mounts on; where the image has none, it makes them. */
    private static final Set<String> MOUNT_POINTS = Set.of("dev", "proc", "sys");

    /** Whether a record is the container's own work. */
    static boolean isOwnWork(TreeEntry entry) {
        String path = entry.pathText();
        boolean madeMountPoint = entry.below() == Below.ABSENT && MOUNT_POINTS.contains(path);
        return !PROVIDED.contains(path) && !madeMountPoint;
    }
}
