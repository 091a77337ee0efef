package io.bivouac.engine.oci;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apiguardian.api.API;

/**
 * The operating system and processor an image was built for, in the words of Go's {@code GOOS} and {@code GOARCH}.
 *
 * @param os {@code linux}
 * @param architecture {@code amd64}, {@code arm64}, …
 * @param variant {@code v7}, {@code v8}, or empty; of a host, the newest its processor runs
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md#platform-variants">image-spec, platform
 *     variants</a>
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record Platform(String os, String architecture, String variant) {
    private static final String UNKNOWN = "unknown";
    private static final String ATTESTATION = "vnd.docker.reference.type";

    /** The platform containers run on here, without a look at the processor: its variant is the oldest. */
    public static Platform host() {
        String machine = System.getProperty("os.arch", "");
        return new Platform("linux", architectureOf(machine), "");
    }

    /** What images call the processor that Java calls so. */
    static String architectureOf(String machine) {
        return switch (machine) {
            case "amd64", "x86_64" -> "amd64";
            case "aarch64", "arm64" -> "arm64";
            default -> machine;
        };
    }

    /** Reads the {@code platform} object of an index entry, or the same three fields of an image configuration. */
    static Platform of(Map<String, ?> json) {
        return new Platform(
                Fields.text(json, "os", "linux"),
                Fields.text(json, "architecture", UNKNOWN),
                Fields.text(json, "variant", ""));
    }

    /**
     * Tells whether an image of this platform runs on the other: older variants run on newer processors. Without a variant
     * {@code amd64} is {@code v1}, {@code arm} is {@code v7}, {@code arm64} is {@code v8}.
     */
    public boolean runsOn(Platform host) {
        return os.equals(host.os) && architecture.equals(host.architecture) && variantRunsOn(host);
    }

    private boolean variantRunsOn(Platform host) {
        return switch (architecture) {
            case "amd64", "arm" -> level() > 0 && level() <= host.level();
            case "arm64" -> level() == host.level();
            default -> variant.equals(host.variant);
        };
    }

    /** The number of the variant; 0 when it is none that is known. */
    private int level() {
        if (!variant.isEmpty()) {
            return variant.matches("v[1-9]") ? variant.charAt(1) - '0' : 0;
        }
        return switch (architecture) {
            case "arm" -> 7;
            case "arm64" -> 8;
            default -> 1;
        };
    }

    /** An index lists what builders say about an image beside it, as a manifest for no platform. */
    private boolean isUnknown() {
        return os.equals(UNKNOWN) || architecture.equals(UNKNOWN);
    }

    /**
     * Chooses from an index: the first manifest that runs on the host, of 32-bit ARM the newest variant; one that names no
     * platform where none does. Attestations are no candidates.
     */
    public static Optional<Descriptor> choose(List<Descriptor> manifests, Platform host) {
        List<Descriptor> candidates = manifests.stream()
                .filter(manifest -> !manifest.annotations().containsKey(ATTESTATION))
                .filter(manifest -> manifest.platform().isEmpty()
                        || !manifest.platform().get().isUnknown())
                .toList();
        Comparator<Descriptor> newest = Comparator.comparing(
                manifest -> -manifest.platform().orElseThrow().level());
        List<Descriptor> running = candidates.stream()
                .filter(manifest ->
                        manifest.platform().map(each -> each.runsOn(host)).orElse(false))
                .toList();
        Optional<Descriptor> chosen = host.architecture.equals("arm")
                ? running.stream().min(newest)
                : running.stream().findFirst();
        return chosen.or(() -> candidates.stream()
                .filter(manifest -> manifest.platform().isEmpty())
                .findFirst());
    }

    @Override
    public String toString() {
        return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
    }
}
