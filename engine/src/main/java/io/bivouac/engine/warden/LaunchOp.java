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

    /** Makes a character device. */
    record Device(String target, int mode, int major, int minor) implements LaunchOp {
        @Override
        public void encode(WireWriter out) {
            out.put(4).putText(target).putInt(mode).putInt(major).putInt(minor);
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
     */
    record Sysctl(String path, String value) implements LaunchOp {
        @Override
        public void encode(WireWriter out) {
            out.put(9).putText(path).putText(value);
        }
    }
}
