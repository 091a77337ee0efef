package io.bivouac.engine.warden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.UnsupportedHostException;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.Platform;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WardenBinaryTests {
    @Test
    void processorsAreKnownByTheNamesOfCompilers() {
        assertThat(WardenBinary.machine("amd64")).isEqualTo("x86_64");
        assertThat(WardenBinary.machine("arm64")).isEqualTo("aarch64");
        assertThatThrownBy(() -> WardenBinary.machine("riscv64"))
                .isInstanceOf(UnsupportedHostException.class)
                .hasMessage(
                        "Bivouac has no engine for the processor 'riscv64': x86-64 and aarch64 are supported. Skip the"
                                + " tests with -Dbivouac.unsupported=skip.");
    }

    @Test
    void programOfThisProcessorIsUnpackedUnderItsDigest(@TempDir Path folder) throws Exception {
        Path file = WardenBinary.unpack(folder);

        String machine = WardenBinary.machine(Platform.host().architecture());
        String digest = Digest.of(Files.readAllBytes(file)).hex();
        assertThat(file).isExecutable().hasFileName("warden-" + machine + "-" + digest.substring(0, 16));
        assertThat(WardenBinary.unpack(folder)).isEqualTo(file);
    }
}
