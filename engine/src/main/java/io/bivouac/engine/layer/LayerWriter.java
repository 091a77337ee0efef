package io.bivouac.engine.layer;

import io.bivouac.engine.tree.EntryType;
import io.bivouac.engine.tree.TreeEntry;
import io.bivouac.engine.tree.TreeReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Writes tree records as a layer's tar archive, the same records always as the same bytes: times in whole seconds, no names of
 * users, nothing of the moment of writing.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md">image-spec, layer</a>
 */
public final class LayerWriter {
    private static final int NAME_LIMIT = 100;
    private static final String XATTR_PREFIX = "SCHILY.xattr.";

    private LayerWriter() {}

    /** Writes every record the filter accepts, and the end of the archive; does not close the stream. */
    public static void copy(TreeReader records, Predicate<TreeEntry> filter, OutputStream out) throws IOException {
        TarArchiveOutputStream tar = new TarArchiveOutputStream(out, StandardCharsets.ISO_8859_1.name());
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_TRUNCATE);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
        for (Optional<TreeEntry> record = records.next(); record.isPresent(); record = records.next()) {
            if (filter.test(record.get())) {
                write(tar, record.get(), records);
            }
        }
        tar.finish();
    }

    private static void write(TarArchiveOutputStream tar, TreeEntry record, TreeReader records) throws IOException {
        boolean whiteout = record.type() == EntryType.WHITEOUT;
        byte[] path = whiteout ? LayerPath.whiteout(record.path()) : record.path();
        String name = new String(path, StandardCharsets.ISO_8859_1);
        if (record.type() == EntryType.FOLDER) {
            name = name.isEmpty() ? "./" : name + "/";
        }
        TreeMap<String, byte[]> headers = new TreeMap<>();
        if (needsHeader(name)) {
            headers.put("path", name.getBytes(StandardCharsets.ISO_8859_1));
        }
        String target = new String(record.target(), StandardCharsets.ISO_8859_1);
        if (needsHeader(target)) {
            headers.put("linkpath", record.target());
        }
        for (TreeEntry.Attribute attribute : record.attributes()) {
            headers.put(XATTR_PREFIX + attribute.name(), attribute.value());
        }
        if (!headers.isEmpty()) {
            writeHeaders(tar, PaxRecords.format(headers));
        }
        TarArchiveEntry entry = new TarArchiveEntry(cut(name), flag(record.type()));
        entry.setMode(whiteout ? 0644 : record.mode());
        entry.setUserId(record.uid());
        entry.setGroupId(record.gid());
        entry.setModTime(record.seconds() * 1000);
        entry.setLinkName(cut(target));
        entry.setDevMajor((int) record.major());
        entry.setDevMinor((int) record.minor());
        entry.setSize(record.type() == EntryType.FILE ? record.size() : 0);
        tar.putArchiveEntry(entry);
        if (record.type() == EntryType.FILE) {
            records.content().transferTo(tar);
        }
        tar.closeArchiveEntry();
    }

    private static boolean needsHeader(String name) {
        return name.length() > NAME_LIMIT || name.chars().anyMatch(character -> character >= 0x80);
    }

    private static String cut(String name) {
        return name.length() > NAME_LIMIT ? name.substring(0, NAME_LIMIT) : name;
    }

    private static void writeHeaders(TarArchiveOutputStream tar, byte[] headers) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry("PaxHeaders", TarConstants.LF_PAX_EXTENDED_HEADER_LC);
        entry.setModTime(0L);
        entry.setSize(headers.length);
        tar.putArchiveEntry(entry);
        tar.write(headers);
        tar.closeArchiveEntry();
    }

    private static byte flag(EntryType type) {
        return switch (type) {
            case FILE, WHITEOUT -> TarConstants.LF_NORMAL;
            case FOLDER -> TarConstants.LF_DIR;
            case SYMLINK -> TarConstants.LF_SYMLINK;
            case HARD_LINK -> TarConstants.LF_LINK;
            case CHARACTER_DEVICE -> TarConstants.LF_CHR;
            case BLOCK_DEVICE -> TarConstants.LF_BLK;
            case FIFO -> TarConstants.LF_FIFO;
        };
    }
}
