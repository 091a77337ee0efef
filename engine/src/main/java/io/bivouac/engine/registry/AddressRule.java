package io.bivouac.engine.registry;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Which addresses a registry may lead to. One on the Internet must not make this host ask itself, its neighbours on the link, or
 * the metadata service of its cloud, which hands out credentials to whoever asks from within. One that lies there itself may.
 */
final class AddressRule {
    /** Services of clouds at addresses of their own; link-local ones need no mention. */
    private static final List<String> METADATA =
            List.of("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2:0:0:0:0:0:254");

    /** The prefix by which networks without IPv4 reach it, RFC 6052. */
    private static final byte[] NAT64 = {0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};

    private final Set<Place> places;

    /** Kinds of addresses. */
    enum Place {
        ELSEWHERE("elsewhere"),
        LOOPBACK("an address of this host itself"),
        LINK_LOCAL("a link-local address"),
        METADATA("the address of a cloud's metadata service"),
        NOWHERE("an address nobody has");

        private final String description;

        Place(String description) {
            this.description = description;
        }

        String description() {
            return description;
        }
    }

    /**
     * @param registry the registry's own addresses
     */
    AddressRule(List<InetAddress> registry) {
        places = EnumSet.of(Place.ELSEWHERE);
        registry.forEach(address -> places.add(place(address)));
    }

    boolean allows(InetAddress target) {
        return places.contains(place(target));
    }

    static Place place(InetAddress given) {
        InetAddress address = withoutNat64(given);
        if (METADATA.contains(address.getHostAddress())) {
            return Place.METADATA;
        }
        if (address.isLoopbackAddress()) {
            return Place.LOOPBACK;
        }
        if (address.isLinkLocalAddress()) {
            return Place.LINK_LOCAL;
        }
        return address.isAnyLocalAddress() || address.isMulticastAddress() ? Place.NOWHERE : Place.ELSEWHERE;
    }

    private static InetAddress withoutNat64(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length != 16 || !Arrays.equals(bytes, 0, NAT64.length, NAT64, 0, NAT64.length)) {
            return address;
        }
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(bytes, NAT64.length, bytes.length));
        } catch (java.net.UnknownHostException e) {
            throw new AssertionError("four bytes are an address", e);
        }
    }
}
