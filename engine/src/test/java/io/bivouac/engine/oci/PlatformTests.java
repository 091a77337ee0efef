package io.bivouac.engine.oci;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlatformTests {
    private static Platform platform(String text) {
        String[] parts = text.split("/", -1);
        return new Platform(parts[0], parts[1], parts.length > 2 ? parts[2] : "");
    }

    @ParameterizedTest
    @CsvSource({
        "linux/amd64, linux/amd64, true",
        "linux/amd64/v1, linux/amd64, true",
        "linux/amd64/v2, linux/amd64, false",
        "linux/amd64/v3, linux/amd64/v3, true",
        "linux/amd64/v4, linux/amd64/v3, false",
        "linux/amd64/x, linux/amd64/v4, false",
        "linux/arm64, linux/arm64, true",
        "linux/arm64/v8, linux/arm64, true",
        "linux/arm64/v9, linux/arm64, false",
        "linux/arm/v5, linux/arm/v7, true",
        "linux/arm/v7, linux/arm/v6, false",
        "linux/arm, linux/arm/v7, true",
        "linux/arm, linux/arm/v6, false",
        "linux/riscv64, linux/riscv64, true",
        "windows/amd64, linux/amd64, false",
        "linux/amd64, linux/arm64, false",
    })
    void olderVariantsRunOnNewerProcessors(String image, String host, boolean runs) {
        assertThat(platform(image).runsOn(platform(host))).isEqualTo(runs);
    }

    /** Manifests of these platforms, numbered by their sizes. */
    private static List<Descriptor> manifests(String... platforms) {
        List<Descriptor> manifests = new ArrayList<>();
        Arrays.stream(platforms)
                .forEach(text -> manifests.add(new Descriptor(
                        MediaTypes.MANIFEST,
                        Digest.of(new byte[0]),
                        manifests.size(),
                        Map.of(),
                        text.isEmpty() ? null : platform(text))));
        return manifests;
    }

    private static long chosen(String host, String... platforms) {
        return Platform.choose(manifests(platforms), platform(host))
                .map(Descriptor::size)
                .orElse(-1L);
    }

    @Test
    void firstThatRunsIsChosen() {
        assertThat(chosen("linux/amd64/v3", "linux/amd64/v4", "linux/amd64/v2", "linux/amd64"))
                .isEqualTo(1);
        assertThat(chosen("linux/amd64", "linux/arm64", "linux/amd64")).isEqualTo(1);
        assertThat(chosen("linux/amd64", "linux/arm64", "windows/amd64")).isEqualTo(-1);
    }

    @Test
    void newestVariantOfArmIsChosen() {
        assertThat(chosen("linux/arm/v7", "linux/arm/v5", "linux/arm/v7", "linux/arm/v6"))
                .isEqualTo(1);
        assertThat(chosen("linux/arm/v6", "linux/arm/v5", "linux/arm/v7", "linux/arm/v6"))
                .isEqualTo(2);
    }

    @Test
    void withoutAPlatformIsBetterThanNothing() {
        assertThat(chosen("linux/amd64", "", "linux/amd64")).isEqualTo(1);
        assertThat(chosen("linux/amd64", "linux/arm64", "")).isEqualTo(1);
        assertThat(chosen("linux/amd64", "unknown/unknown")).isEqualTo(-1);
    }
}
