package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.Engine;
import io.bivouac.engine.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the engine's jar carries. */
class JarTests {
    private static final int MACHINE_OFFSET = 18;

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = Engine.class.getResourceAsStream(name)) {
            assertThat(in).as(name).isNotNull();
            return in.readAllBytes();
        }
    }

    /** Numbers of machines as in elf(5). */
    @ParameterizedTest
    @CsvSource({"x86_64, 62", "aarch64, 183"})
    void wardenIsThereForBothProcessors(String name, int machine) throws IOException {
        byte[] program = resource("warden/warden-" + name);

        assertThat(HexFormat.of().formatHex(program, 0, 4)).isEqualTo("7f454c46");
        assertThat(ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN).getShort(MACHINE_OFFSET))
                .isEqualTo((short) machine);
        assertThat(new String(resource("warden/warden-" + name + ".sha256"), StandardCharsets.US_ASCII).strip())
                .isEqualTo(Digest.of(program).hex());
        // The same bytes from every folder.
        String folder = Path.of("..").toAbsolutePath().normalize().toString();
        assertThat(new String(program, StandardCharsets.ISO_8859_1).contains(folder))
                .isFalse();
    }
}
