package io.bivouac.engine.seccomp;

import io.bivouac.engine.SeccompProfile;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The filters of one engine's containers, each made once. */
public final class SeccompFilters {
    private static final byte[] UNCONFINED = {};

    /** By capabilities. Apart from the others: what is on the way to the first container must not load their classes. */
    private final Map<Long, byte[]> standard = new ConcurrentHashMap<>();

    private final Map<Key, byte[]> custom = new ConcurrentHashMap<>();

    private record Key(SeccompProfile.Custom profile, long capabilities) {}

    /**
     * The filter for a container.
     *
     * @param capabilities the container's bounding set as a bit mask: rules of profiles may depend on it
     * @return an array of {@code struct sock_filter}; empty: unconfined
     * @throws io.bivouac.engine.ConfigurationException when the profile is malformed, or nothing could be started under it
     */
    public byte[] filter(SeccompProfile profile, long capabilities) {
        return profile instanceof SeccompProfile.Standard
                ? standard(capabilities).clone()
                : other(profile, capabilities).clone();
    }

    private byte[] other(SeccompProfile profile, long capabilities) {
        return profile instanceof SeccompProfile.Custom own
                ? custom.computeIfAbsent(new Key(own, capabilities), SeccompFilters::compile)
                : UNCONFINED;
    }

    private byte[] standard(long capabilities) {
        byte[] known = standard.get(capabilities);
        if (known == null) {
            known = StandardProfile.filter(capabilities, Architecture.host());
            standard.put(capabilities, known);
        }
        return known;
    }

    private static byte[] compile(Key key) {
        return FilterCompiler.compile(
                ProfileParser.parse(key.profile().name(), key.profile().document()),
                key.capabilities(),
                Architecture.host(),
                KernelVersion.ofRelease(System.getProperty("os.version", "")));
    }
}
