package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.tar.TarEntry;
import io.bivouac.engine.tar.TarReader;
import io.bivouac.engine.tar.TarType;
import io.bivouac.engine.tar.TarWriter;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/** Trees of files that are out of the ordinary, and a description of any tree that tells every difference. */
final class OddTrees {
    static final int TREES = 20;

    private static final int ENTRIES = 40;
    /** Version 2, CAP_SETUID and seven others. */
    private static final byte[] CAPABILITY = HexFormat.of().parseHex("0100000280000000ff0000000000000000000000");

    private final Random random;
    private final TarWriter tar;
    private final List<String> folders = new ArrayList<>();
    private final List<String> files = new ArrayList<>();
    private int number;

    private OddTrees(int seed, TarWriter tar) {
        this.random = new Random(seed);
        this.tar = tar;
    }

    /** An archive with one folder for each tree. */
    static byte[] archive() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TarWriter tar = new TarWriter(out);
        for (int seed = 0; seed < TREES; seed++) {
            OddTrees tree = new OddTrees(seed, tar);
            tree.folder("t" + seed);
            for (int i = 0; i < ENTRIES; i++) {
                tree.add();
            }
        }
        tar.finish();
        return out.toByteArray();
    }

    /** Every kind in each tree, the first ones in turn. */
    private void add() throws IOException {
        int kind = number < 9 ? number : random.nextInt(9);
        String path = folders.get(random.nextInt(folders.size())) + "/" + name();
        switch (kind) {
            case 0, 1 -> folder(path);
            case 2, 3 -> file(path);
            case 4 -> put(TarType.SYMLINK, path, target(), new byte[0], Map.of());
            case 5 -> put(TarType.HARD_LINK, path, files.get(random.nextInt(files.size())), new byte[0], Map.of());
            case 6 -> put(TarType.FIFO, path, "", new byte[0], Map.of());
            case 7 -> put(TarType.CHARACTER_DEVICE, path, "", new byte[0], Map.of());
            default -> put(TarType.BLOCK_DEVICE, path, "", new byte[0], Map.of());
        }
    }

    private void folder(String path) throws IOException {
        put(TarType.FOLDER, path + "/", "", new byte[0], random.nextInt(3) == 0 ? attributes() : Map.of());
        folders.add(path);
    }

    private void file(String path) throws IOException {
        byte[] content = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(9000)];
        if (random.nextBoolean()) {
            random.nextBytes(content);
        }
        Map<String, byte[]> attributes = new TreeMap<>(random.nextBoolean() ? attributes() : Map.of());
        if (files.isEmpty() || random.nextInt(5) == 0) {
            attributes.put("security.capability", CAPABILITY);
        }
        put(TarType.FILE, path, "", content, attributes);
        files.add(path);
    }

    private Map<String, byte[]> attributes() {
        byte[] value = new byte[random.nextInt(40) + 1];
        random.nextBytes(value);
        return Map.of("user.bytes", value, "user.text", "r\u00f6d".getBytes(StandardCharsets.UTF_8));
    }

    private String name() {
        String unique = Integer.toString(number++);
        return switch (random.nextInt(7)) {
            case 0 -> unique + "n".repeat(255 - unique.length());
            case 1 -> "not utf8 \u00ff\u00fe " + unique;
            case 2 -> "\u00c3\u00bc" + unique;
            case 3 -> "-dash and\ttab " + unique;
            case 4 -> "back\\slash\nline " + unique;
            default -> "plain" + unique;
        };
    }

    private String target() {
        return switch (random.nextInt(4)) {
            case 0 -> "/absolute/" + number;
            case 1 -> "../".repeat(70) + number;
            case 2 -> "dangling \u00ff" + number;
            default -> ".";
        };
    }

    private void put(TarType type, String path, String link, byte[] content, Map<String, byte[]> attributes)
            throws IOException {
        boolean device = type == TarType.CHARACTER_DEVICE || type == TarType.BLOCK_DEVICE;
        int[] modes = {0644, 0600, 04755, 02711, 01777, 0, 0400, 0777};
        TarEntry entry = new TarEntry(
                type,
                path.getBytes(StandardCharsets.ISO_8859_1),
                link.getBytes(StandardCharsets.ISO_8859_1),
                type == TarType.SYMLINK ? 0777 : modes[random.nextInt(modes.length)],
                random.nextInt(3) == 0 ? 3_000_000 : random.nextInt(60_000),
                random.nextInt(60_000),
                random.nextInt(5) == 0 ? 5_000_000_000L : random.nextInt(2_000_000_000),
                0,
                content.length,
                device ? 1 + random.nextInt(200) : 0,
                device ? random.nextInt(1000) : 0,
                attributes);
        tar.write(entry, new ByteArrayInputStream(content));
    }

    /** Has GNU tar unpack an archive. */
    static Path unpack(Path archive, Path folder) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        Commands.Result unpacked = Commands.run(
                "tar",
                "-xpf",
                archive.toString(),
                "-C",
                folder.toString(),
                "--same-owner",
                "--numeric-owner",
                "--xattrs",
                "--xattrs-include=*",
                "--delay-directory-restore",
                "--warning=no-timestamp");
        assertThat(unpacked.code()).as(unpacked.output()).isZero();
        return folder;
    }

    /**
     * Every entry of the trees in a folder, as GNU tar sees it: type, mode, owner, time in seconds, size and digest of the content, device,
     * link, attributes.
     */
    static List<String> describe(Path folder) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("tar", "-cf", "-", "--format=posix", "--sort=name"));
        command.addAll(List.of("--numeric-owner", "--xattrs", "--xattrs-include=*", "--xattrs-exclude=trusted.*"));
        command.addAll(List.of("-C", folder.toString()));
        for (int tree = 0; tree < TREES; tree++) {
            command.add("t" + tree);
        }
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        List<String> lines = new ArrayList<>();
        try (InputStream in = new BufferedInputStream(process.getInputStream())) {
            TarReader tar = new TarReader(in);
            for (Optional<TarEntry> entry = tar.next(); entry.isPresent(); entry = tar.next()) {
                String name = new String(entry.get().name(), StandardCharsets.ISO_8859_1);
                lines.add(line(entry.get(), name, tar.content().readAllBytes()));
            }
            in.readAllBytes();
        }
        assertThat(process.waitFor()).isZero();
        return lines;
    }

    /** Lines that only one of two descriptions has. */
    static List<String> differences(List<String> actual, List<String> expected) {
        List<String> differences = new ArrayList<>();
        expected.stream().filter(line -> !actual.contains(line)).forEach(line -> differences.add("missing " + line));
        actual.stream().filter(line -> !expected.contains(line)).forEach(line -> differences.add("extra " + line));
        return differences.stream().sorted().limit(10).toList();
    }

    private static String line(TarEntry entry, String name, byte[] content) {
        StringBuilder line = new StringBuilder(name);
        line.append(' ').append(entry.type()).append(' ').append(Integer.toOctalString(entry.mode() & 07777));
        line.append(' ')
                .append(entry.uid())
                .append(':')
                .append(entry.gid())
                .append(" @")
                .append(entry.seconds());
        line.append(" #")
                .append(content.length)
                .append(' ')
                .append(Digest.of(content).hex(), 0, 12);
        line.append(' ').append(entry.major()).append(',').append(entry.minor());
        line.append(" -> ").append(new String(entry.link(), StandardCharsets.ISO_8859_1));
        new TreeMap<>(entry.attributes())
                .forEach((key, value) -> line.append(' ')
                        .append(key)
                        .append('=')
                        .append(HexFormat.of().formatHex(value)));
        return line.toString();
    }
}
