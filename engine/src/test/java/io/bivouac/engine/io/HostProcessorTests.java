package io.bivouac.engine.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.oci.Platform;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostProcessorTests {
    private static final String SECOND = "fpu cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3";
    private static final String THIRD = SECOND + " avx avx2 bmi1 bmi2 f16c fma abm movbe xsave";
    private static final String FOURTH = THIRD + " avx512f avx512bw avx512cd avx512dq avx512vl";

    private static final Platform X86 = new Platform("linux", "amd64", "");

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private String variant(String flags) throws Exception {
        Path cpuinfo = folder.resolve("cpuinfo");
        Files.writeString(cpuinfo, "processor\t: 0\nflags\t\t: " + flags + "\nbugs\t:\n");
        return HostProcessor.find(X86, cpuinfo).variant();
    }

    @Test
    void levelOfX86IsToldFromTheFlags() throws Exception {
        assertThat(variant("fpu sse")).isEqualTo("v1");
        assertThat(variant(SECOND)).isEqualTo("v2");
        assertThat(variant(THIRD)).isEqualTo("v3");
        assertThat(variant(THIRD.replace("movbe", ""))).isEqualTo("v2");
        assertThat(variant(FOURTH)).isEqualTo("v4");
        assertThat(HostProcessor.find(X86, folder.resolve("none")).variant()).isEqualTo("v1");
    }

    @Test
    void thisHostRunsWhatItSays() {
        assertThat(Platform.host().runsOn(HostProcessor.platform())).isTrue();
        assertThat(HostProcessor.platform().runsOn(HostProcessor.platform())).isTrue();
    }
}
