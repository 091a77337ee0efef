package io.bivouac.engine.layer;

import io.bivouac.engine.tree.EntryType;
import io.bivouac.engine.tree.TreeEntry;
import io.bivouac.engine.tree.TreeWriter;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Reads a layer's tar archive into tree records. What it says is not trusted: names are normalised, what no layer may hold is
 * refused, and the paths that remain are resolved by the warden beneath the layer's root.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md">image-spec, layer</a>
 */
public final class LayerReader {
    private static final String XATTR_PREFIX = "SCHILY.xattr.";

    private final boolean devices;

    /**
     * @param devices whether devices are made; in a user namespace the kernel refuses them, and they are left out
     */
    public LayerReader(boolean devices) {
        this.devices = devices;
    }

    /** Copies every entry. The archive is read up to its end marker; what follows is the caller's. */
    public void copy(InputStream archive, TreeWriter out) throws IOException {
        LayerTarInputStream tar = new LayerTarInputStream(archive);
        for (TarArchiveEntry entry = tar.next(); entry != null; entry = tar.next()) {
            byte[] path = LayerPath.normalize(tar.path(entry));
            if (LayerPath.isOpaqueMark(path)) {
                out.write(TreeEntry.of(EntryType.WHITEOUT, LayerPath.parent(path))
                        .opaque(true)
                        .build());
            } else if (LayerPath.isWhiteout(path)) {
                out.write(
                        TreeEntry.of(EntryType.WHITEOUT, LayerPath.hidden(path)).build());
            } else {
                copy(tar, entry, path, out);
            }
        }
    }

    private void copy(LayerTarInputStream tar, TarArchiveEntry entry, byte[] path, TreeWriter out) throws IOException {
        EntryType type = type(entry, path);
        boolean device = type == EntryType.CHARACTER_DEVICE || type == EntryType.BLOCK_DEVICE;
        if (device && !devices) {
            return;
        }
        long size = type == EntryType.FILE ? realSize(entry) : 0;
        if (path.length == 0 && type != EntryType.FOLDER) {
            throw new IOException("the root of the layer is not a folder but a " + type);
        }
        if (type != EntryType.FILE && entry.getSize() > 0) {
            throw new IOException(LayerPath.printable(path) + " is a " + type + " and has content");
        }
        Instant modified = entry.getLastModifiedTime().toInstant();
        TreeEntry.Builder record = TreeEntry.of(type, path)
                .mode(entry.getMode())
                .owner(entry.getLongUserId() & 0xffffffffL, entry.getLongGroupId() & 0xffffffffL)
                .modified(modified.getEpochSecond(), modified.getNano())
                .size(size)
                .device(entry.getDevMajor(), entry.getDevMinor());
        if (type == EntryType.SYMLINK) {
            record.target(tar.linkPath(entry));
        } else if (type == EntryType.HARD_LINK) {
            record.target(LayerPath.normalize(tar.linkPath(entry)));
        }
        for (Map.Entry<String, byte[]> header : tar.records().entrySet()) {
            if (header.getKey().startsWith(XATTR_PREFIX) && type != EntryType.HARD_LINK) {
                record.attribute(header.getKey().substring(XATTR_PREFIX.length()), header.getValue());
            }
        }
        if (type == EntryType.FILE) {
            out.write(record.build(), tar);
        } else {
            out.write(record.build());
        }
    }

    private static long realSize(TarArchiveEntry entry) throws IOException {
        long size = entry.isSparse() ? entry.getRealSize() : entry.getSize();
        if (size < 0) {
            throw new IOException("the size of " + entry.getName() + " is negative");
        }
        return size;
    }

    /** Links are looked at first: the library calls a link whose name ends in a slash a folder. */
    private static EntryType type(TarArchiveEntry entry, byte[] path) throws IOException {
        if (entry.isSymbolicLink()) {
            return EntryType.SYMLINK;
        }
        if (entry.isLink()) {
            return EntryType.HARD_LINK;
        }
        if (entry.isDirectory()) {
            return EntryType.FOLDER;
        }
        if (entry.isCharacterDevice()) {
            return EntryType.CHARACTER_DEVICE;
        }
        if (entry.isBlockDevice()) {
            return EntryType.BLOCK_DEVICE;
        }
        if (entry.isFIFO()) {
            return EntryType.FIFO;
        }
        byte flag = entry.getLinkFlag();
        if (flag == TarConstants.LF_NORMAL
                || flag == TarConstants.LF_OLDNORM
                || flag == TarConstants.LF_CONTIG
                || entry.isSparse()) {
            return EntryType.FILE;
        }
        throw new IOException(LayerPath.printable(path) + " is of a type no layer holds: '" + (char) flag + "'");
    }
}
