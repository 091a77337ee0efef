package io.bivouac.engine.tree;

import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.ProtocolException;
import io.bivouac.engine.wire.WireReader;
import io.bivouac.engine.wire.WireWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One record of a tree: a file, folder, link or device with all its attributes. A file's content, {@link #size()} bytes,
 * follows in frames of its own.
 *
 * <p>Paths are bytes, since names of files are: relative, components separated by {@code /}, the tree's root empty.
 */
public final class TreeEntry {
    private static final byte[] NONE = {};
    /** The length of a name, its end, the length of a value. */
    private static final int MINIMAL_ATTRIBUTE = 9;

    private static final int NANOS_PER_SECOND = 1_000_000_000;
    /** More than Linux knows, and what archives hold. */
    private static final long DEVICE_LIMIT = (1L << 31) - 1;

    private final EntryType type;
    private final byte[] path;
    private final int mode;
    private final long uid;
    private final long gid;
    private final long seconds;
    private final int nanos;
    private final long size;
    private final long major;
    private final long minor;
    private final byte[] target;
    private final List<Attribute> attributes;
    private final Below below;
    private final boolean opaque;

    private TreeEntry(Builder builder) {
        this.type = builder.type;
        this.path = builder.path;
        this.mode = builder.mode;
        this.uid = builder.uid;
        this.gid = builder.gid;
        this.seconds = builder.seconds;
        this.nanos = builder.nanos;
        this.size = builder.size;
        this.major = builder.major;
        this.minor = builder.minor;
        this.target = builder.target;
        this.attributes = List.copyOf(builder.attributes);
        this.below = builder.below;
        this.opaque = builder.opaque;
    }

    /**
     * An extended attribute.
     *
     * @param name such as {@code security.capability}
     * @param value binary
     */
    public record Attribute(String name, byte[] value) {}

    public static Builder of(EntryType type, byte[] path) {
        return new Builder(type, path);
    }

    public static Builder of(EntryType type, String path) {
        return new Builder(type, path.getBytes(StandardCharsets.UTF_8));
    }

    public EntryType type() {
        return type;
    }

    public byte[] path() {
        return path;
    }

    /** The path for people; bytes that are no UTF-8 are replaced. */
    public String pathText() {
        return new String(path, StandardCharsets.UTF_8);
    }

    /** The twelve permission bits. */
    public int mode() {
        return mode;
    }

    public long uid() {
        return uid;
    }

    public long gid() {
        return gid;
    }

    /** Modification time, seconds since 1970: any number, since file systems keep any. */
    public long seconds() {
        return seconds;
    }

    /** Modification time; what lies beyond the times Java knows is the first or the last of them. */
    public Instant modified() {
        if (seconds > Instant.MAX.getEpochSecond()) {
            return Instant.MAX;
        }
        return seconds < Instant.MIN.getEpochSecond() ? Instant.MIN : Instant.ofEpochSecond(seconds, nanos);
    }

    public long size() {
        return size;
    }

    public long major() {
        return major;
    }

    public long minor() {
        return minor;
    }

    /** What a symbolic link holds; the path a hard link is a name of, relative to the tree's root. */
    public byte[] target() {
        return target;
    }

    /** The target for people, as {@link #pathText()}. */
    public String targetText() {
        return new String(target, StandardCharsets.UTF_8);
    }

    public List<Attribute> attributes() {
        return attributes;
    }

    /** In a record that was read from an upper directory. */
    public Below below() {
        return below;
    }

    /** In a record to be written: whether a folder hides what lies below it. */
    public boolean opaque() {
        return opaque;
    }

    /** Appends this record as one frame. */
    public void encode(WireWriter out) {
        out.begin(FrameType.ENTRY).put(type.code()).put(opaque);
        out.putText(path)
                .putInt(mode)
                .putUnsigned(uid)
                .putUnsigned(gid)
                .putLong(seconds)
                .putInt(nanos);
        out.putLong(size).putUnsigned(major).putUnsigned(minor).putText(target).putInt(attributes.size());
        for (Attribute attribute : attributes) {
            out.putText(attribute.name()).putBytes(attribute.value());
        }
        out.end();
    }

    static TreeEntry decode(WireReader in) {
        EntryType type = EntryType.of(in.takeByte());
        Below below = Below.of(in.takeByte());
        Builder builder = new Builder(type, in.takeRawText()).below(below);
        builder.mode(in.takeInt()).owner(in.takeUnsigned(), in.takeUnsigned()).modified(in.takeLong(), in.takeInt());
        builder.size(in.takeLong()).device(in.takeUnsigned(), in.takeUnsigned()).target(in.takeRawText());
        int count = in.takeCount(MINIMAL_ATTRIBUTE);
        for (int i = 0; i < count; i++) {
            builder.attribute(in.takeText(), in.takeBytes());
        }
        in.finish();
        TreeEntry entry = builder.build();
        entry.requirePossible();
        return entry;
    }

    private void requirePossible() {
        if (size < 0) {
            throw new ProtocolException("a tree record of " + size + " bytes");
        }
        if (nanos < 0 || nanos >= NANOS_PER_SECOND) {
            throw new ProtocolException("a tree record with " + nanos + " nanoseconds");
        }
        if (major > DEVICE_LIMIT || minor > DEVICE_LIMIT) {
            throw new ProtocolException("a tree record of the device " + major + ":" + minor);
        }
    }

    @Override
    public String toString() {
        return type + " " + pathText();
    }

    /** Collects the fields of a record. */
    public static final class Builder {
        private final EntryType type;
        private final byte[] path;
        private int mode = 0644;
        private long uid;
        private long gid;
        private long seconds;
        private int nanos;
        private long size;
        private long major;
        private long minor;
        private byte[] target = NONE;
        private final List<Attribute> attributes = new ArrayList<>(0);
        private Below below = Below.ABSENT;
        private boolean opaque;

        private Builder(EntryType type, byte[] path) {
            this.type = type;
            this.path = Arrays.copyOf(path, path.length);
        }

        public Builder mode(int value) {
            mode = value & 07777;
            return this;
        }

        public Builder owner(long user, long group) {
            uid = user;
            gid = group;
            return this;
        }

        public Builder modified(long second, int nano) {
            seconds = second;
            nanos = nano;
            return this;
        }

        public Builder size(long value) {
            size = value;
            return this;
        }

        public Builder device(long majorNumber, long minorNumber) {
            major = majorNumber;
            minor = minorNumber;
            return this;
        }

        public Builder target(byte[] value) {
            target = value.clone();
            return this;
        }

        public Builder attribute(String name, byte[] value) {
            attributes.add(new Attribute(name, value.clone()));
            return this;
        }

        public Builder below(Below value) {
            below = value;
            return this;
        }

        public Builder opaque(boolean value) {
            opaque = value;
            return this;
        }

        public TreeEntry build() {
            return new TreeEntry(this);
        }
    }
}
