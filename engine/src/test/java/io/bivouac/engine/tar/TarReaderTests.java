package io.bivouac.engine.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What GNU tar writes is the measure of what is read. */
class TarReaderTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private Path gnuTar(String... options) throws Exception {
        Path archive = folder.resolve("archive.tar");
        List<String> command = new ArrayList<>(List.of("tar", "-cf", archive.toString()));
        command.addAll(Arrays.asList(options));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return archive;
    }

    private record Found(TarEntry entry, byte[] content) {}

    private static List<Found> read(byte[] archive) throws IOException {
        TarReader reader = new TarReader(new ByteArrayInputStream(archive));
        List<Found> found = new ArrayList<>();
        for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
            found.add(new Found(next.get(), reader.content().readAllBytes()));
        }
        return found;
    }

    private static String name(Found found) {
        return new String(found.entry().name(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--format=v7", "--format=oldgnu", "--format=gnu", "--format=ustar", "--format=posix"})
    void everyFormIsRead(String format) throws Exception {
        Path tree = Files.createDirectories(folder.resolve("tree"));
        Files.writeString(tree.resolve("file"), "content");
        Files.createLink(tree.resolve("hard"), tree.resolve("file"));
        Files.createSymbolicLink(tree.resolve("soft"), Path.of("some/where"));
        Files.createDirectories(tree.resolve("sub"));

        List<Found> found = read(Files.readAllBytes(gnuTar(
                format, "--sort=name", "--owner=7", "--group=8", "--mtime=@1234567", "-C", tree.toString(), ".")));

        assertThat(found)
                .extracting(TarReaderTests::name)
                .containsExactly("./", "./file", "./hard", "./soft", "./sub/");
        assertThat(found)
                .extracting(one -> one.entry().type())
                .containsExactly(TarType.FOLDER, TarType.FILE, TarType.HARD_LINK, TarType.SYMLINK, TarType.FOLDER);
        assertThat(found.get(1).content()).asString().isEqualTo("content");
        assertThat(found.get(2).entry().link()).asString().isEqualTo("./file");
        assertThat(found.get(3).entry().link()).asString().isEqualTo("some/where");
        assertThat(found).allSatisfy(one -> {
            assertThat(one.entry().uid()).isEqualTo(7);
            assertThat(one.entry().gid()).isEqualTo(8);
            assertThat(one.entry().seconds()).isEqualTo(1234567);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"--format=gnu", "--format=posix"})
    void longNamesLargeIdsAndOddTimesAreRead(String format) throws Exception {
        Path tree = Files.createDirectories(folder.resolve("t"));
        Path deep = Files.createDirectories(tree.resolve("d".repeat(200)));
        Files.writeString(deep.resolve("n".repeat(255)), "");
        Files.createSymbolicLink(tree.resolve("soft"), Path.of("x/".repeat(150) + "y"));

        List<Found> found = read(Files.readAllBytes(gnuTar(
                format,
                "--sort=name",
                "--owner=x:4000000000",
                "--group=x:3000000",
                "--mtime=1960-01-01 00:00:00.25 UTC",
                "-C",
                folder.toString(),
                "t")));

        assertThat(name(found.get(2))).isEqualTo("t/" + "d".repeat(200) + "/" + "n".repeat(255));
        assertThat(found.get(3).entry().link()).asString().isEqualTo("x/".repeat(150) + "y");
        TarEntry entry = found.get(3).entry();
        assertThat(entry.uid()).isEqualTo(4_000_000_000L);
        assertThat(entry.gid()).isEqualTo(3_000_000L);
        assertThat(entry.seconds()).isEqualTo(-315619200L);
        assertThat(entry.nanos()).isEqualTo(format.equals("--format=posix") ? 250_000_000 : 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--format=gnu",
                "--format=oldgnu",
                "--format=posix --sparse-version=0.0",
                "--format=posix --sparse-version=0.1",
                "--format=posix --sparse-version=1.0"
            })
    void everyFormOfSparseFileIsFilledUp(String options) throws Exception {
        Path file = folder.resolve("sparse");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            for (int i = 1; i < 60; i++) {
                sparse.seek(i * 65536L);
                sparse.write(("segment " + i).getBytes(StandardCharsets.US_ASCII));
            }
            sparse.setLength(5_000_000);
        }
        Files.writeString(folder.resolve("sparse-next"), "what follows");
        List<String> command = new ArrayList<>(List.of("--sparse", "-C", folder.toString()));
        command.addAll(0, List.of(options.split(" ", -1)));
        command.addAll(List.of("sparse", "sparse-next"));

        Path archive = gnuTar(command.toArray(String[]::new));

        assertThat(Files.size(archive)).isLessThan(1_000_000);
        List<Found> found = read(Files.readAllBytes(archive));
        assertThat(found).extracting(TarReaderTests::name).containsExactly("sparse", "sparse-next");
        assertThat(found.get(0).entry().size()).isEqualTo(5_000_000);
        assertThat(found.get(0).content()).isEqualTo(Files.readAllBytes(file));
        assertThat(found.get(1).content()).asString().isEqualTo("what follows");
    }

    @Test
    void whatTheWriterWritesIsReadByGnuTarAndByTheReader() throws Exception {
        byte[] odd = {'o', 'd', 'd', (byte) 0xff, (byte) 0xc3};
        TarEntry entry = new TarEntry(
                TarType.FILE, odd, new byte[0], 04755, 3_000_000, 1, -5, 0, 3, 0, 0, Map.of("user.x", new byte[] {-1, 10
                }));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TarWriter writer = new TarWriter(out);
        writer.write(entry, new ByteArrayInputStream(new byte[] {1, 2, 3}));
        writer.finish();

        Found found = read(out.toByteArray()).get(0);
        assertThat(found.entry().name()).isEqualTo(odd);
        assertThat(found.entry().mode()).isEqualTo(04755);
        assertThat(found.entry().uid()).isEqualTo(3_000_000);
        assertThat(found.entry().seconds()).isEqualTo(-5);
        assertThat(found.entry().attributes().get("user.x")).isEqualTo(new byte[] {-1, 10});
        assertThat(found.content()).isEqualTo(new byte[] {1, 2, 3});
        Path archive = Files.write(folder.resolve("ours.tar"), out.toByteArray());
        Process tar = new ProcessBuilder("tar", "-tvf", archive.toString(), "--numeric-owner", "--quoting-style=escape")
                .redirectErrorStream(true)
                .start();
        assertThat(new String(tar.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .startsWith("-rwsr-xr-x 3000000/1")
                .contains("1969-12-31")
                .contains("odd\\377\\303");
        assertThat(tar.waitFor()).isZero();
    }

    private static byte[] header(char type, String size) {
        byte[] block = new byte[TarHeader.BLOCK];
        block[0] = 'x';
        block[TarHeader.TYPE] = (byte) type;
        byte[] digits = size.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(digits, 0, block, TarHeader.SIZE, digits.length);
        byte[] sum = String.format("%06o\0 ", TarHeader.sum(block, 0xff)).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(sum, 0, block, TarHeader.CHECKSUM, sum.length);
        return block;
    }

    @Test
    void malformedHeadersAreRefused() {
        byte[] wrongSum = header('0', "0");
        wrongSum[0] = 'y';
        Map<byte[], String> cases = Map.of(
                wrongSum,
                "the checksum of a header is wrong",
                header('0', "12x"),
                "the size in a header is no number",
                header('0', "\u00ff".repeat(12)),
                "the size in a header is negative: -1",
                header('0', "\u0080\u00ff" + "\u00ff".repeat(10)),
                "the size in a header is too large: 309485009821345068724781055",
                header('V', "0"),
                "x is of a type no layer holds: 'V'",
                header('x', "77777777777"),
                "the headers before an entry are larger than 1048576 bytes or more than 4",
                Arrays.copyOf(header('0', "0"), 300),
                "the archive ends within a header",
                header('0', "10"),
                "the archive ends 8 bytes before the end of an entry");
        cases.forEach((bytes, message) -> assertThatThrownBy(() -> read(bytes)).hasMessage(message));
    }
}
