package io.bivouac.engine.seccomp;

import static io.bivouac.engine.seccomp.CallingConvention.AARCH64;
import static io.bivouac.engine.seccomp.CallingConvention.ARM;
import static io.bivouac.engine.seccomp.CallingConvention.X32;
import static io.bivouac.engine.seccomp.CallingConvention.X86;
import static io.bivouac.engine.seccomp.CallingConvention.X86_64;

import io.bivouac.engine.InternalException;
import io.bivouac.engine.oci.Platform;
import java.util.List;

/** A processor containers run on, by the name profiles and platforms give it. */
enum Architecture {
    AMD64("amd64"),
    ARM64("arm64");

    private final String token;

    Architecture(String token) {
        this.token = token;
    }

    static Architecture host() {
        String name = Platform.host().architecture();
        for (Architecture architecture : values()) {
            if (architecture.token.equals(name)) {
                return architecture;
            }
        }
        throw new InternalException("There is no seccomp filter for the processor " + name + ".");
    }

    String token() {
        return token;
    }

    /** Every way its kernels may be called, its own first. */
    List<CallingConvention> conventions() {
        return switch (this) {
            case AMD64 -> List.of(X86_64, X86, X32);
            case ARM64 -> List.of(AARCH64, ARM);
        };
    }

    CallingConvention own() {
        return conventions().get(0);
    }
}
