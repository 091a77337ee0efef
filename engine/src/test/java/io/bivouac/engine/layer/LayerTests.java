package io.bivouac.engine.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.tree.EntryType;
import io.bivouac.engine.tree.TreeEntry;
import io.bivouac.engine.tree.TreeReader;
import io.bivouac.engine.tree.TreeWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;

class LayerTests {
    private static final byte[] CAPABILITY = {1, 0, 0, 2, (byte) 0x80, (byte) 0xff, 0, 10, 61};

    private static byte[] tree(TreeEntry... entries) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TreeWriter writer = new TreeWriter(out);
        for (TreeEntry entry : entries) {
            if (entry.type() == EntryType.FILE) {
                writer.write(entry, new ByteArrayInputStream(new byte[(int) entry.size()]));
            } else {
                writer.write(entry);
            }
        }
        writer.end();
        return out.toByteArray();
    }

    private static byte[] archive(byte[] tree) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LayerWriter.copy(new TreeReader(new ByteArrayInputStream(tree)), entry -> true, out);
        return out.toByteArray();
    }

    private static List<TreeEntry> read(byte[] archive) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TreeWriter writer = new TreeWriter(out);
        new LayerReader(true, LayerLimits.of(property -> null))
                .copy(new ByteArrayInputStream(archive), writer, Optional.empty());
        writer.end();
        TreeReader reader = new TreeReader(new ByteArrayInputStream(out.toByteArray()));
        List<TreeEntry> entries = new ArrayList<>();
        for (Optional<TreeEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
            entries.add(entry.get());
        }
        return entries;
    }

    private static String describe(TreeEntry entry) {
        StringBuilder text = new StringBuilder();
        text.append(entry.type()).append(' ').append(new String(entry.path(), StandardCharsets.ISO_8859_1));
        text.append(' ')
                .append(Integer.toOctalString(entry.mode()))
                .append(' ')
                .append(entry.uid())
                .append(':');
        text.append(entry.gid())
                .append(" @")
                .append(entry.seconds())
                .append(" #")
                .append(entry.size());
        text.append(" -> ").append(new String(entry.target(), StandardCharsets.ISO_8859_1));
        text.append(' ').append(entry.major()).append(',').append(entry.minor());
        for (TreeEntry.Attribute attribute : entry.attributes()) {
            text.append(' ').append(attribute.name()).append('=');
            text.append(new String(attribute.value(), StandardCharsets.ISO_8859_1));
        }
        return text.toString();
    }

    @Test
    void everyKindOfEntrySurvivesTheWayThroughAnArchive() throws Exception {
        byte[] odd = {'b', 'a', 'd', (byte) 0xff, '/', (byte) 0xc3, (byte) 0xa4};
        TreeEntry[] entries = {
            TreeEntry.of(EntryType.FOLDER, "d").mode(01777).modified(1, 0).build(),
            TreeEntry.of(EntryType.FILE, "d/" + "long".repeat(100))
                    .mode(04755)
                    .owner(3_000_000, 4_000_000_000L)
                    .size(700)
                    .modified(2, 0)
                    .build(),
            TreeEntry.of(EntryType.FILE, odd).size(0).build(),
            TreeEntry.of(EntryType.FILE, "capable")
                    .size(3)
                    .attribute("security.capability", CAPABILITY)
                    .attribute("user.x", new byte[0])
                    .build(),
            TreeEntry.of(EntryType.SYMLINK, "s")
                    .mode(0777)
                    .target("t".repeat(300).getBytes(StandardCharsets.UTF_8))
                    .build(),
            TreeEntry.of(EntryType.SYMLINK, "slash")
                    .mode(0777)
                    .target("dir/".getBytes(StandardCharsets.UTF_8))
                    .build(),
            TreeEntry.of(EntryType.HARD_LINK, "h")
                    .target("capable".getBytes(StandardCharsets.UTF_8))
                    .build(),
            TreeEntry.of(EntryType.CHARACTER_DEVICE, "c").device(5, 260).build(),
            TreeEntry.of(EntryType.BLOCK_DEVICE, "b").device(8, 1).build(),
            TreeEntry.of(EntryType.FIFO, "p").build(),
        };

        List<TreeEntry> read = read(archive(tree(entries)));

        assertThat(read.stream().map(LayerTests::describe))
                .containsExactlyElementsOf(java.util.Arrays.stream(entries)
                        .map(LayerTests::describe)
                        .toList());
    }

    @Test
    void whiteoutsAreMarksInAnArchive() throws Exception {
        byte[] archive = archive(tree(TreeEntry.of(EntryType.WHITEOUT, "d/gone").build()));

        assertThat(new String(archive, 0, 100, StandardCharsets.ISO_8859_1)).startsWith("d/.wh.gone\0");
        assertThat(read(archive)).singleElement().satisfies(entry -> {
            assertThat(entry.type()).isEqualTo(EntryType.WHITEOUT);
            assertThat(entry.pathText()).isEqualTo("d/gone");
            assertThat(entry.opaque()).isFalse();
        });
    }

    @Test
    void layersBelowAreAwaitedOnceAndNotBeforeTheyAreNeeded() throws Exception {
        byte[] archive = archive(tree(
                TreeEntry.of(EntryType.FOLDER, "d").mode(0755).build(),
                TreeEntry.of(EntryType.FILE, "d/own").size(700).build(),
                TreeEntry.of(EntryType.WHITEOUT, "d/gone").build(),
                TreeEntry.of(EntryType.WHITEOUT, "d/more").build()));
        CountingInput counted = new CountingInput(archive);
        List<Long> reached = new ArrayList<>();

        new LayerReader(true, LayerLimits.of(property -> null))
                .copy(
                        counted,
                        new TreeWriter(OutputStream.nullOutputStream()),
                        Optional.of(() -> reached.add(counted.count)));

        // Three headers and the content of the file, in blocks of 512 bytes.
        assertThat(reached).containsExactly(5L * 512);
    }

    private static final class CountingInput extends FilterInputStream {
        private long count;

        private CountingInput(byte[] content) {
            super(new ByteArrayInputStream(content));
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int got = super.read(buffer, offset, length);
            count += Math.max(got, 0);
            return got;
        }
    }

    @Test
    void sameRecordsMakeTheSameBytes() throws Exception {
        byte[] tree = tree(TreeEntry.of(EntryType.FILE, "a")
                .size(5)
                .attribute("user.b", new byte[] {1})
                .attribute("user.a", new byte[] {2})
                .build());

        assertThat(archive(tree)).isEqualTo(archive(tree));
    }

    /** Fills an archive. */
    private interface Filler {
        void fill(TarArchiveOutputStream tar) throws IOException;
    }

    private static byte[] tar(Filler filler) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            filler.fill(tar);
        }
        return out.toByteArray();
    }

    private static void put(TarArchiveOutputStream tar, TarArchiveEntry entry, byte[] content) throws IOException {
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    private static void put(TarArchiveOutputStream tar, String name) throws IOException {
        put(tar, new TarArchiveEntry(name, true), new byte[0]);
    }

    @Test
    void namesAreNormalised() throws Exception {
        byte[] archive = tar(tar -> {
            put(tar, "./");
            put(tar, "./a//b/./c");
            put(tar, "/etc/x");
        });

        assertThat(read(archive)).extracting(TreeEntry::pathText).containsExactly("", "a/b/c", "etc/x");
    }

    @Test
    void namesThatLeadOutAreRefused() {
        for (String name : List.of("../x", "a/../../x", "a/..", "..")) {
            assertThatThrownBy(() -> read(tar(tar -> put(tar, name))))
                    .as(name)
                    .isInstanceOf(IOException.class)
                    .hasMessage("the name of an entry leads out of the layer: " + name);
        }
        assertThatThrownBy(() -> read(tar(tar -> {
                    TarArchiveEntry link = new TarArchiveEntry("l", TarConstants.LF_LINK);
                    link.setLinkName("../../etc/passwd");
                    put(tar, link, new byte[0]);
                })))
                .hasMessage("the name of an entry leads out of the layer: ../../etc/passwd");
    }

    @Test
    void namesThatAreNoWhiteoutsAreRefused() {
        for (String name : List.of(".wh.", ".wh..", ".wh...", "d/.wh..wh.x")) {
            assertThatThrownBy(() -> read(tar(tar -> put(tar, name))))
                    .as(name)
                    .hasMessage("the name of an entry is no whiteout: " + name);
        }
    }

    @Test
    void linkWithContentIsRefused() {
        assertThatThrownBy(() -> read(tar(tar -> {
                    TarArchiveEntry link = new TarArchiveEntry("l", TarConstants.LF_LINK);
                    link.setLinkName("x");
                    put(tar, link, new byte[] {1});
                })))
                .hasMessage("l is a HARD_LINK and has content");
    }

    @Test
    void chainsOfHeadersAreRefused() {
        assertThatThrownBy(() -> read(tar(tar -> {
                    for (int i = 0; i < 6; i++) {
                        byte[] header = "13 comment=x\n".getBytes(StandardCharsets.US_ASCII);
                        put(tar, new TarArchiveEntry("PaxHeaders", TarConstants.LF_PAX_EXTENDED_HEADER_LC), header);
                    }
                    put(tar, "x");
                })))
                .hasMessage("the headers before an entry are larger than 1048576 bytes or more than 4");
    }

    @Test
    void truncatedArchiveIsRefused() throws Exception {
        byte[] whole = tar(tar -> put(tar, new TarArchiveEntry("x"), new byte[5000]));

        assertThatThrownBy(() -> read(java.util.Arrays.copyOf(whole, 3000))).isInstanceOf(IOException.class);
    }
}
