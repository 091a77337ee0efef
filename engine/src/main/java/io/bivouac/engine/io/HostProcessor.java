package io.bivouac.engine.io;

import io.bivouac.engine.oci.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** What this host's processor runs, down to its variant. */
public final class HostProcessor {
    /** What each level of x86-64 adds to the one before, as /proc/cpuinfo names it, beginning with the second. */
    private static final List<Set<String>> LEVELS = List.of(
            Set.of("cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"),
            Set.of("avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"),
            Set.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"));

    private HostProcessor() {}

    private static final class Lazy {
        private static final Platform PLATFORM = find(Platform.host(), Path.of("/proc/cpuinfo"));
    }

    /** The platform containers run on here. Reading what the processor can do takes a moment, once. */
    public static Platform platform() {
        return Lazy.PLATFORM;
    }

    static Platform find(Platform host, Path cpuinfo) {
        return switch (host.architecture()) {
            case "amd64" -> new Platform(host.os(), host.architecture(), "v" + level(flags(cpuinfo)));
            default -> host;
        };
    }

    private static Set<String> flags(Path cpuinfo) {
        try {
            for (String line : Files.readAllLines(cpuinfo, StandardCharsets.ISO_8859_1)) {
                if (line.startsWith("flags")) {
                    return Set.copyOf(List.of(
                            line.substring(line.indexOf(':') + 1).strip().split(" +", -1)));
                }
            }
        } catch (IOException e) {
            // Without /proc the oldest level is assumed, which every processor runs.
        }
        return Set.of();
    }

    private static int level(Set<String> flags) {
        int level = 1;
        for (Set<String> needed : LEVELS) {
            if (!flags.containsAll(needed)) {
                break;
            }
            level++;
        }
        return level;
    }
}
