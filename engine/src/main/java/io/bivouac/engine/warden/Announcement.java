package io.bivouac.engine.warden;

import java.util.List;
import java.util.Optional;

/**
 * What is made of a container before its start is asked for. The start may ask for more, and for something else.
 *
 * @param id of the container
 * @param folder the name of its own folder within the session's
 * @param root the root file system it is expected to have; empty where nobody can tell
 * @param devices the steps of making {@code /dev} that it is expected to have
 * @param addresses of the loopback device
 * @param cgroups the container's groups
 */
public record Announcement(
        String id,
        String folder,
        Optional<LaunchPlan.Root> root,
        List<LaunchOp> devices,
        List<String> addresses,
        List<CgroupPlan> cgroups) {
    public Announcement {
        devices = List.copyOf(devices);
        addresses = List.copyOf(addresses);
        cgroups = List.copyOf(cgroups);
    }
}
