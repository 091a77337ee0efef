package io.bivouac.engine.oci;

import java.util.Map;
import org.apiguardian.api.API;

/**
 * The operating system and processor an image was built for, in the words of Go's {@code GOOS} and {@code GOARCH}.
 *
 * @param os {@code linux}
 * @param architecture {@code amd64}, {@code arm64}, …
 * @param variant {@code v7}, {@code v8}, or empty
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md#platform-variants">image-spec, platform
 *     variants</a>
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record Platform(String os, String architecture, String variant) {
    /** The platform containers run on here. */
    public static Platform host() {
        String machine = System.getProperty("os.arch", "");
        return new Platform("linux", architectureOf(machine), "");
    }

    private static String architectureOf(String machine) {
        return switch (machine) {
            case "amd64", "x86_64" -> "amd64";
            case "aarch64" -> "arm64";
            default -> machine;
        };
    }

    /** Reads the {@code platform} object of an index entry, or the same three fields of an image configuration. */
    static Platform of(Map<String, ?> json) {
        return new Platform(
                Fields.text(json, "os", "linux"),
                Fields.text(json, "architecture", "unknown"),
                Fields.text(json, "variant", ""));
    }

    /** Tells whether an image of this platform runs on the other; {@code arm64} without a variant is {@code v8}. */
    public boolean runsOn(Platform host) {
        return os.equals(host.os) && architecture.equals(host.architecture) && variantRuns();
    }

    private boolean variantRuns() {
        return switch (architecture) {
            case "amd64" -> variant.isEmpty() || variant.equals("v1");
            case "arm64" -> variant.isEmpty() || variant.equals("v8");
            default -> variant.isEmpty();
        };
    }

    @Override
    public String toString() {
        return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
    }
}
