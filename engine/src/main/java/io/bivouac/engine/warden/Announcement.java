package io.bivouac.engine.warden;

import java.util.List;

/**
 * What is made of a container before its start is asked for. The start may ask for more, and for other groups.
 *
 * @param id of the container
 * @param folder its name within the session's
 * @param addresses of the loopback device
 * @param cgroups the container's groups
 */
public record Announcement(String id, String folder, List<String> addresses, List<CgroupPlan> cgroups) {
    public Announcement {
        addresses = List.copyOf(addresses);
        cgroups = List.copyOf(cgroups);
    }
}
