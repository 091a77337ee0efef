package io.bivouac.engine.network;

import io.bivouac.engine.warden.LaunchPlan;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The network of a container that is in no network: a namespace of its own whose loopback device carries two link-local
 * addresses, the container's and, where ports are published, the host's. Connections to published ports are dialed from the one to the other, not from
 * 127.0.0.1: servers trust that address with more (PostgreSQL asks it for no password), and one that listens there alone is as
 * unreachable as with any container engine.
 */
public final class ContainerNetwork {
    /** What the container has. */
    public static final String ADDRESS = "169.254.77.2";

    /** Where the host's connections come from. */
    public static final String HOST_ADDRESS = "169.254.77.1";

    /** Where published ports are reached on the host. */
    public static final String PUBLISHED_ADDRESS = "127.0.0.1";

    /** What every container has. */
    public static final List<String> ADDRESSES = List.of(ADDRESS);

    private ContainerNetwork() {}

    /**
     * Plans a container's network.
     *
     * @param ports of the container, and the host's to publish them on, 0 for any
     */
    public static LaunchPlan.Network plan(Map<Integer, Integer> ports) {
        List<LaunchPlan.Publication> publications = new ArrayList<>();
        ports.forEach((containerPort, hostPort) -> publications.add(
                new LaunchPlan.Publication(PUBLISHED_ADDRESS, hostPort, HOST_ADDRESS, ADDRESS, containerPort)));
        List<String> addresses = publications.isEmpty() ? ADDRESSES : List.of(ADDRESS, HOST_ADDRESS);
        return new LaunchPlan.Network(true, addresses, publications);
    }

    /** The content of {@code /etc/hosts}. */
    public static byte[] hosts(String hostname) {
        String text = """
                127.0.0.1\tlocalhost
                ::1\tlocalhost ip6-localhost ip6-loopback
                """ + ADDRESS + "\t" + hostname + "\n";
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The content of {@code /etc/resolv.conf}. */
    public static byte[] resolvConf() {
        return "# This container has no network but its own: no name server can be reached.\n"
                .getBytes(StandardCharsets.UTF_8);
    }
}
