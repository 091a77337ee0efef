package io.bivouac.engine.seccomp;

import io.bivouac.engine.InternalException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The profile of containers that ask for no other: the facts of Docker's, which is an allow list.
 *
 * <p>Its filters lie in the jar, made when the jar was, for the capabilities that containers usually have: parsing and compiling
 * would take a cold JVM longer than the kernel takes to make a container.
 */
final class StandardProfile {
    /**
     * The capabilities that conditions of the profile ask for: DAC_READ_SEARCH SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE
     * SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_TIME SYS_TTY_CONFIG SYSLOG PERFMON BPF.
     */
    static final long CAPABILITIES = 0xc4_06ff_0004L;

    private static final long SYS_CHROOT = 1L << 18;

    /** What filters are made for beforehand: Docker's capabilities and none, as far as the profile asks for them. */
    static final List<Long> PREPARED = List.of(SYS_CHROOT, 0L);

    private StandardProfile() {}

    static Profile parse() {
        return ProfileParser.parse("of Bivouac", new String(resource("standard-profile.json"), StandardCharsets.UTF_8));
    }

    static byte[] filter(long capabilities, Architecture architecture) {
        long decisive = capabilities & CAPABILITIES;
        return PREPARED.contains(decisive)
                ? resource(preparedName(decisive, architecture))
                : compile(decisive, architecture);
    }

    static byte[] compile(long capabilities, Architecture architecture) {
        // The oldest there is an engine for: whatever the profile asks of a kernel holds there.
        KernelVersion oldest = new KernelVersion(5, 12);
        return FilterCompiler.compile(parse(), capabilities, architecture, oldest);
    }

    static String preparedName(long capabilities, Architecture architecture) {
        return "standard-" + architecture.token() + "-" + Long.toHexString(capabilities) + ".bpf";
    }

    /** Everything of a file beside this class. */
    static byte[] resource(String name) {
        try (InputStream in = StandardProfile.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new InternalException("The jar of bivouac-engine holds no " + name + ". Build it with Maven.");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new InternalException("The jar of bivouac-engine cannot be read.", e);
        }
    }
}
