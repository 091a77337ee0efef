package io.bivouac.engine.zstd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the reference program packs is the measure of what is unpacked. */
class ZstdInputStreamTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private byte[] pack(byte[] content, String... options) throws Exception {
        Path file = Files.write(folder.resolve("content"), content);
        List<String> command = new ArrayList<>(List.of("zstd", "--quiet", "--stdout"));
        command.addAll(List.of(options));
        command.add(file.toString());
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        byte[] packed = process.getInputStream().readAllBytes();
        assertThat(process.waitFor()).isZero();
        return packed;
    }

    private static byte[] unpack(byte[] packed) throws IOException {
        return new ZstdInputStream(new ByteArrayInputStream(packed)).readAllBytes();
    }

    /** Words that come again, noise, and long runs: every kind of block. */
    private static byte[] content(int size) {
        Random random = new Random(size);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (out.size() < size) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    byte[] noise = new byte[random.nextInt(50_000)];
                    random.nextBytes(noise);
                    out.writeBytes(noise);
                }
                case 1 -> out.writeBytes(new byte[random.nextInt(200_000)]);
                default -> {
                    for (int i = random.nextInt(20_000); i > 0; i--) {
                        out.writeBytes(("word" + random.nextInt(300) + " ").getBytes(StandardCharsets.US_ASCII));
                    }
                }
            }
        }
        return Arrays.copyOf(out.toByteArray(), size);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--fast=5", "-1", "-3", "-7", "-12", "-16", "-19", "--no-check -3", "--format=zstd -T2 -5"})
    void everyLevelIsUnpacked(String options) throws Exception {
        for (int size : new int[] {0, 1, 5, 300, 70_000, 131_072, 131_073, 5_000_000}) {
            byte[] content = content(size);

            assertThat(unpack(pack(content, options.split(" ", -1))))
                    .as("%d bytes", size)
                    .isEqualTo(content);
        }
    }

    /** Copies from far behind, over a history that had to be moved many times. */
    @ParameterizedTest
    @ValueSource(strings = {"-3", "--zstd=wlog=10", "--zstd=wlog=17", "--ultra -20 --zstd=strat=2", "--long=24"})
    void windowsOfEverySizeAreUnpacked(String options) throws Exception {
        byte[] part = content(3_000_000);
        byte[] content = new byte[30_000_000];
        for (int at = 0; at < content.length; at += part.length) {
            System.arraycopy(part, 0, content, at, part.length);
            content[at + at / 1000] ^= 1;
        }

        assertThat(unpack(pack(content, options.split(" ", -1)))).isEqualTo(content);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    @Test
    void framesFollowEachOtherAndSkippableOnesAreSkipped() throws Exception {
        byte[] first = content(1000);
        byte[] second = content(200_000);
        byte[] skippable = join(new byte[] {0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0}, new byte[] {9, 9, 9});

        assertThat(unpack(join(skippable, pack(first), skippable, skippable, pack(second), skippable)))
                .isEqualTo(join(first, second));
        assertThat(ZstdInputStream.begins(skippable)).isTrue();
        assertThat(ZstdInputStream.begins(pack(first))).isTrue();
        assertThat(ZstdInputStream.begins(first)).isFalse();
    }

    @Test
    void tooLargeAWindowIsRefused() {
        byte[] header = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, (byte) (21 << 3), 1, 0, 0};

        assertThatThrownBy(() -> unpack(header))
                .hasMessage("the layer is compressed by zstd with a window of more than 134217728 bytes");
    }

    @Test
    void truncationIsSaid() throws Exception {
        byte[] packed = pack(content(3000));

        for (int length = 1; length < packed.length; length++) {
            byte[] cut = Arrays.copyOf(packed, length);
            assertThatThrownBy(() -> unpack(cut)).hasMessage("the compressed layer ends too early");
        }
    }

    /** Whatever a byte is changed to, nothing but a sentence comes of it, or other bytes, never more than announced. */
    @Test
    void damageIsSaid() throws Exception {
        byte[] content = content(40_000);
        Random random = new Random(1);
        int refused = 0;
        for (String level : List.of("-1", "-19")) {
            byte[] packed = pack(content, level, "--no-check");
            for (int i = 0; i < 3000; i++) {
                byte[] damaged = packed.clone();
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
                try {
                    assertThat(unpack(damaged).length).isLessThanOrEqualTo(16 << 20);
                } catch (IOException e) {
                    refused++;
                    assertThat(e).message().startsWith("the ");
                }
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }
}
