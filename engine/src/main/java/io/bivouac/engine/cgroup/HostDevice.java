package io.bivouac.engine.cgroup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A device of the host.
 *
 * @param minor -1 for all of the major number
 */
public record HostDevice(boolean block, int major, int minor) {
    private static final int TYPE = 0170000;
    private static final int CHARACTER = 0020000;
    private static final int BLOCK = 0060000;

    /** The device a path of the host leads to; empty when it is none. */
    public static Optional<HostDevice> of(Path path) {
        try {
            int type = (Integer) Files.getAttribute(path, "unix:mode") & TYPE;
            long number = (Long) Files.getAttribute(path, "unix:rdev");
            return type == CHARACTER || type == BLOCK
                    ? Optional.of(new HostDevice(type == BLOCK, major(number), minor(number)))
                    : Optional.empty();
        } catch (IOException e) {
            // Whoever uses the path will say so.
            return Optional.empty();
        }
    }

    /** {@code MAJOR:MINOR} of the disk a file lies on, the whole disk of a partition; see sysfs(5). */
    public static String diskOf(Path file) throws IOException {
        long number = (Long) Files.getAttribute(file, "unix:dev");
        String name = major(number) + ":" + minor(number);
        Path device = Path.of("/sys/dev/block", name);
        if (Files.exists(device.resolve("partition"))) {
            return Files.readString(device.toRealPath().resolveSibling("dev")).strip();
        }
        return name;
    }

    /** As the C library packs numbers, see makedev(3). */
    private static int major(long number) {
        return (int) ((number >>> 8 & 0xfff) | (number >>> 32 & ~0xfffL));
    }

    private static int minor(long number) {
        return (int) ((number & 0xff) | (number >>> 12 & ~0xffL));
    }
}
