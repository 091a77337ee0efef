package io.bivouac.engine.layer;

import io.bivouac.engine.tar.TarEntry;
import io.bivouac.engine.tar.TarReader;
import io.bivouac.engine.tar.TarType;
import io.bivouac.engine.tree.EntryType;
import io.bivouac.engine.tree.TreeEntry;
import io.bivouac.engine.tree.TreeWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Reads a layer's tar archive into tree records. What it says is not trusted: names are normalised, what no layer may hold is
 * refused, and the paths that remain are resolved by the warden beneath the layer's root.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md">image-spec, layer</a>
 */
public final class LayerReader {
    /** One more is the id that means none. */
    private static final long LARGEST_ID = 0xfffffffeL;
    /** What the kernel packs into a device number. */
    private static final long LARGEST_MAJOR = (1 << 12) - 1;

    private static final long LARGEST_MINOR = (1 << 20) - 1;

    private final boolean devices;
    private final LayerLimits limits;

    /**
     * @param devices whether devices are made; in a user namespace the kernel refuses them: they are left out, and hide what a
     *     layer below has in their place
     */
    public LayerReader(boolean devices, LayerLimits limits) {
        this.devices = devices;
        this.limits = limits;
    }

    /**
     * Copies every entry. The archive is read up to its end marker; what follows is the caller's.
     *
     * @param below waited for when the first entry needs them; empty when nothing is below
     */
    public void copy(InputStream archive, TreeWriter out, Optional<LayersBelow> below) throws IOException {
        TarReader tar = new TarReader(archive);
        Optional<LayersBelow> awaited = below;
        OwnFolders own = new OwnFolders();
        LayerLimits.Count count = limits.count();
        for (Optional<TarEntry> next = tar.next(); next.isPresent(); next = tar.next()) {
            TarEntry entry = next.get();
            byte[] path = LayerPath.normalize(entry.name());
            count.add(path, entry.type() == TarType.FILE ? entry.size() : 0);
            if (awaited.isPresent() && !isIndependent(entry, path, own)) {
                awaited.get().await();
                awaited = Optional.empty();
                out.below();
            }
            if (LayerPath.isOpaqueMark(path)) {
                out.write(TreeEntry.of(EntryType.WHITEOUT, LayerPath.parent(path))
                        .opaque(true)
                        .build());
            } else if (LayerPath.isWhiteout(path)) {
                out.write(whiteout(LayerPath.hidden(path)));
            } else {
                copy(entry, path, tar.content(), out);
            }
        }
    }

    private boolean isIndependent(TarEntry entry, byte[] path, OwnFolders own) {
        if (LayerPath.isOpaqueMark(path)) {
            return own.has(LayerPath.parent(path));
        }
        return !LayerPath.isWhiteout(path) && !isLeftOut(entry.type()) && own.suffice(entry.type(), path);
    }

    private boolean isLeftOut(TarType type) {
        return !devices && (type == TarType.CHARACTER_DEVICE || type == TarType.BLOCK_DEVICE);
    }

    private static TreeEntry whiteout(byte[] path) {
        return TreeEntry.of(EntryType.WHITEOUT, path).build();
    }

    private void copy(TarEntry entry, byte[] path, InputStream content, TreeWriter out) throws IOException {
        EntryType type = type(entry.type());
        requirePossible(entry, path, type);
        if (isLeftOut(entry.type())) {
            out.write(whiteout(path));
            return;
        }
        TreeEntry.Builder record = TreeEntry.of(type, path)
                .mode(entry.mode())
                .owner(entry.uid(), entry.gid())
                .modified(entry.seconds(), entry.nanos())
                .size(entry.size())
                .device(entry.major(), entry.minor());
        if (type == EntryType.SYMLINK) {
            record.target(entry.link());
        } else if (type == EntryType.HARD_LINK) {
            record.target(LayerPath.normalize(entry.link()));
        } else {
            entry.attributes().forEach(record::attribute);
        }
        if (type == EntryType.FILE) {
            out.write(record.build(), content);
        } else {
            out.write(record.build());
        }
    }

    private static void requirePossible(TarEntry entry, byte[] path, EntryType type) throws IOException {
        String name = LayerPath.printable(path);
        if (path.length == 0 && type != EntryType.FOLDER) {
            throw new IOException("the root of the layer is not a folder but a " + type);
        }
        if (type != EntryType.FILE && entry.size() > 0) {
            throw new IOException(name + " is a " + type + " and has content");
        }
        boolean link = type == EntryType.SYMLINK || type == EntryType.HARD_LINK;
        if (link && entry.link().length == 0) {
            throw new IOException(name + " is a " + type + " to nothing");
        }
        if (new String(entry.link(), StandardCharsets.ISO_8859_1).indexOf('\0') >= 0) {
            throw new IOException("the target of " + name + " holds a NUL character");
        }
        if (entry.uid() < 0 || entry.uid() > LARGEST_ID || entry.gid() < 0 || entry.gid() > LARGEST_ID) {
            throw new IOException(
                    "the owner of " + name + " is out of the range of ids: " + entry.uid() + ":" + entry.gid());
        }
        requireDevice(entry, name, type);
        for (String attribute : entry.attributes().keySet()) {
            if (attribute.isEmpty() || attribute.indexOf('\0') >= 0) {
                throw new IOException(name + " has an extended attribute of an impossible name");
            }
        }
    }

    private static void requireDevice(TarEntry entry, String name, EntryType type) throws IOException {
        long major = entry.major();
        long minor = entry.minor();
        if (major < 0 || major > LARGEST_MAJOR || minor < 0 || minor > LARGEST_MINOR) {
            throw new IOException(name + " is a device of an impossible number: " + major + ":" + minor);
        }
        // Overlay would take it for a file that was removed.
        if (type == EntryType.CHARACTER_DEVICE && major == 0 && minor == 0) {
            throw new IOException(name + " is the device 0:0, which is no device");
        }
    }

    private static EntryType type(TarType type) {
        return switch (type) {
            case FILE -> EntryType.FILE;
            case HARD_LINK -> EntryType.HARD_LINK;
            case SYMLINK -> EntryType.SYMLINK;
            case CHARACTER_DEVICE -> EntryType.CHARACTER_DEVICE;
            case BLOCK_DEVICE -> EntryType.BLOCK_DEVICE;
            case FOLDER -> EntryType.FOLDER;
            case FIFO -> EntryType.FIFO;
        };
    }
}
