package io.bivouac.engine.lsm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The security modules of this host that label processes.
 *
 * @param appArmor whether AppArmor is active
 */
record SecurityModules(boolean appArmor, Selinux selinux) {
    /** What SELinux can do for containers: many distributions' policies have no types for them. */
    enum Selinux {
        ABSENT,
        WITHOUT_CONTAINERS,
        ACTIVE
    }

    /** Reads what the kernel tells in {@code sysfs}, mounted at /sys or, for tests, anywhere. */
    static SecurityModules of(Path sysfs) {
        return new SecurityModules(
                read(sysfs.resolve("module/apparmor/parameters/enabled")).equals("Y"), selinux(sysfs));
    }

    /** The kernel takes contexts that its policy has, and refuses others. */
    private static Selinux selinux(Path sysfs) {
        Path file = sysfs.resolve("fs/selinux/context");
        try {
            if (!Files.exists(file)) {
                return Selinux.ABSENT;
            }
            CategoryPair any = new CategoryPair(0, 1);
            for (String context : List.of(
                    ContainerLabels.ofProcesses(any), ContainerLabels.ofFiles(any), ContainerLabels.OF_LAYERS)) {
                Files.writeString(file, context, StandardCharsets.US_ASCII);
            }
            return Selinux.ACTIVE;
        } catch (IOException e) {
            return Selinux.WITHOUT_CONTAINERS;
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.US_ASCII).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
