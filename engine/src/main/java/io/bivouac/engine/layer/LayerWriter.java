package io.bivouac.engine.layer;

import io.bivouac.engine.tar.TarEntry;
import io.bivouac.engine.tar.TarType;
import io.bivouac.engine.tar.TarWriter;
import io.bivouac.engine.tree.EntryType;
import io.bivouac.engine.tree.TreeEntry;
import io.bivouac.engine.tree.TreeReader;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Writes tree records as a layer's tar archive, the same records always as the same bytes: times in whole seconds, no names of
 * users, nothing of the moment of writing.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md">image-spec, layer</a>
 */
public final class LayerWriter {
    private static final byte[] ROOT = {'.', '/'};

    private LayerWriter() {}

    /** Writes every record the filter accepts, and the end of the archive; does not close the stream. */
    public static void copy(TreeReader records, Predicate<TreeEntry> filter, OutputStream out) throws IOException {
        TarWriter tar = new TarWriter(out);
        for (Optional<TreeEntry> record = records.next(); record.isPresent(); record = records.next()) {
            if (filter.test(record.get())) {
                tar.write(entry(record.get()), records.content());
            }
        }
        tar.finish();
    }

    private static TarEntry entry(TreeEntry record) throws IOException {
        boolean whiteout = record.type() == EntryType.WHITEOUT;
        Map<String, byte[]> attributes = new TreeMap<>();
        for (TreeEntry.Attribute attribute : record.attributes()) {
            attributes.put(attribute.name(), attribute.value());
        }
        return new TarEntry(
                type(record.type()),
                name(record),
                record.target(),
                whiteout ? 0644 : record.mode(),
                record.uid(),
                record.gid(),
                record.seconds(),
                0,
                record.type() == EntryType.FILE ? record.size() : 0,
                record.major(),
                record.minor(),
                attributes);
    }

    private static byte[] name(TreeEntry record) {
        byte[] path = record.path();
        return switch (record.type()) {
            case WHITEOUT -> LayerPath.whiteout(path);
            case FOLDER -> path.length == 0 ? ROOT : withSlash(path);
            default -> path;
        };
    }

    private static byte[] withSlash(byte[] path) {
        byte[] name = Arrays.copyOf(path, path.length + 1);
        name[path.length] = '/';
        return name;
    }

    private static TarType type(EntryType type) {
        return switch (type) {
            case FILE, WHITEOUT -> TarType.FILE;
            case FOLDER -> TarType.FOLDER;
            case SYMLINK -> TarType.SYMLINK;
            case HARD_LINK -> TarType.HARD_LINK;
            case CHARACTER_DEVICE -> TarType.CHARACTER_DEVICE;
            case BLOCK_DEVICE -> TarType.BLOCK_DEVICE;
            case FIFO -> TarType.FIFO;
        };
    }
}
