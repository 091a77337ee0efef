package io.bivouac.engine.core;

import io.bivouac.engine.cgroup.HostDevice;
import io.bivouac.engine.warden.LaunchOp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What of the host's devices a container is told. */
final class HostDevices {
    private static final Path DEVICES = Path.of("/dev");
    private static final Path PROCESSORS = Path.of("/sys/devices/system/cpu");
    private static final String THERMAL_THROTTLE = "thermal_throttle";
    private static final int DEPTH = 4;
    private static final int PERMISSIONS = 0777;

    /** Those every container has of its own. */
    private static final Set<String> OWN = Set.of(
            "/dev/pts",
            "/dev/shm",
            "/dev/mqueue",
            "/dev/console",
            "/dev/ptmx",
            "/dev/null",
            "/dev/zero",
            "/dev/full",
            "/dev/random",
            "/dev/urandom",
            "/dev/tty");

    private static final class Throttles {
        private static final List<String> PATHS = find();

        /** One for each processor, where the hardware counts; the same as long as this process lives. */
        private static List<String> find() {
            if (!Files.isDirectory(PROCESSORS.resolve("cpu0").resolve(THERMAL_THROTTLE))) {
                return List.of();
            }
            try (Stream<Path> processors = Files.list(PROCESSORS)) {
                return processors
                        .map(processor -> processor.resolve(THERMAL_THROTTLE))
                        .filter(Files::isDirectory)
                        .map(Path::toString)
                        .sorted()
                        .toList();
            } catch (IOException e) {
                throw new UncheckedIOException("The processors of this host cannot be listed.", e);
            }
        }
    }

    private HostDevices() {}

    /** Tells of the host's temperature, and so of its other work. */
    static List<String> thermalThrottles() {
        return Throttles.PATHS;
    }

    /** Every device of the host that a container does not have anyway. */
    static List<LaunchOp> all() throws IOException {
        List<LaunchOp> ops = new ArrayList<>();
        try (Stream<Path> files = Files.walk(DEVICES, DEPTH, new FileVisitOption[0])) {
            for (Path file : files.sorted().toList()) {
                boolean own = OWN.stream().anyMatch(path -> file.startsWith(path));
                if (!own && !Files.isSymbolicLink(file)) {
                    Optional<HostDevice> device = HostDevice.of(file);
                    if (device.isPresent()) {
                        ops.add(op(file, device.get()));
                    }
                }
            }
        }
        return ops;
    }

    private static LaunchOp op(Path file, HostDevice device) throws IOException {
        int permissions = (Integer) Files.getAttribute(file, "unix:mode") & PERMISSIONS;
        return new LaunchOp.Device(file.toString(), device.block(), permissions, device.major(), device.minor());
    }
}
