package io.bivouac.engine.warden;

import io.bivouac.engine.wire.WireWriter;
import java.util.List;

/**
 * One step of building a container's file system. The warden carries the steps out in order, each path resolved beneath the
 * container's root.
 */
public sealed interface LaunchOp {
    /** Mount attributes of mount_setattr(2). */
    int READ_ONLY = 0x01;

    int NO_SUID = 0x02;
    int NO_DEV = 0x04;
    int NO_EXEC = 0x08;

    void encode(WireWriter out);

    static void encodeAll(WireWriter out, List<LaunchOp> ops) {
        out.putInt(ops.size());
        ops.forEach(op -> op.encode(out));
    }

    /**
     * Mounts a new file system.
     *
     * @param type such as {@code tmpfs}
     * @param target made when missing
     * @param flags {@link #READ_ONLY}, {@link #NO_SUID}, {@link #NO_DEV}, {@link #NO_EXEC}
     * @param options {@code key} or {@code key=value}
     */
    record Mount(String type, String target, int flags, List<String> options) implements LaunchOp {
        public Mount {
            options = List.copyOf(options);
        }

        @Override
        public void encode(WireWriter out) {
            out.put(1).putText(target).putText(type).putInt(flags).putTexts(options);
        }
    }

    /**
     * Mounts a file or folder of the host, with what is mounted beneath it.
     *
     * @param source absolute path on the host
     * @param target made when missing
     */
    record Bind(String source, String target, boolean readOnly) implements LaunchOp {
        private static final int BIND_READ_ONLY = 1;
        private static final int BIND_RECURSIVE = 2;

        @Override
        public void encode(WireWriter out) {
            out.put(2).putText(target).putText(source).putInt((readOnly ? BIND_READ_ONLY : 0) | BIND_RECURSIVE);
        }
    }

    /** Provides a file with this content, which is on no disk. */
    record ProvidedFile(String target, int mode, byte[] content) implements LaunchOp {
        @Override
        public void encode(WireWriter out) {
            out.put(3).putText(target).putInt(mode).putBytes(content);
        }
    }

    /**
     * Makes a device.
     *
     * @param block a block device rather than a character device
     * @param mode permission bits
     */
    record Device(String target, boolean block, int mode, int major, int minor) implements LaunchOp {
        private static final int BLOCK = 0060000;

        @Override
        public void encode(WireWriter out) {
            out.put(4).putText(target).putInt(block ? mode | BLOCK : mode);
            out.putInt(major).putInt(minor);
        }
    }

    /** Makes a symbolic link. */
    record Symlink(String target, String content) implements LaunchOp {
        @Override
        public void encode(WireWriter out) {
            out.put(5).putText(target).putText(content);
        }
    }

    /** Makes a folder when it is missing. */
    record Folder(String target, int mode) implements LaunchOp {
        @Override
        public void encode(WireWriter out) {
            out.put(6).putText(target).putInt(mode);
        }
    }

    /** Covers a file with {@code /dev/null}, a folder with an empty read-only one; nothing when it does not exist. */
    record Mask(String target) implements LaunchOp {
        @Override
        public void encode(WireWriter out) {
            out.put(7).putText(target);
        }
    }

    /** Makes a path read-only with all beneath it; {@code /} means the root file system alone. */
    record ReadOnly(String target) implements LaunchOp {
        @Override
        public void encode(WireWriter out) {
            out.put(8).putText(target);
        }
    }

    /**
     * Sets a kernel parameter of the container's namespaces.
     *
     * @param path below {@code /proc/sys}, such as {@code net/ipv4/ping_group_range}
     * @param required false where the container does without it if the host's own {@code /proc/sys}, read-only, is all it can have
     */
    record Sysctl(String path, String value, boolean required) implements LaunchOp {
        @Override
        public void encode(WireWriter out) {
            out.put(9).putText(path).putText(value).put(required);
        }
    }

    /**
     * Labels what lies on the file systems that are mounted from here on, where they take a label.
     *
     * @param label a context of SELinux
     */
    record Context(String label) implements LaunchOp {
        @Override
        public void encode(WireWriter out) {
            out.put(10).putText("/").putText(label);
        }
    }

    /**
     * Gives the first process a terminal, of the first {@code devpts} that was mounted, in place of the pipes that take its
     * output, and mounts it.
     *
     * @param target made when missing
     * @param columns 1 to 65535
     * @param rows 1 to 65535
     */
    record Console(String target, int columns, int rows) implements LaunchOp {
        @Override
        public void encode(WireWriter out) {
            out.put(11).putText(target).putInt(columns).putInt(rows);
        }
    }
}
