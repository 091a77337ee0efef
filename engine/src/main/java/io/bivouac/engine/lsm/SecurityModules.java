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
 * @param selinux whether SELinux is active and its policy knows containers
 */
record SecurityModules(boolean appArmor, boolean selinux) {
    /** Reads what the kernel tells in {@code sysfs}, mounted at /sys or, for tests, anywhere. */
    static SecurityModules of(Path sysfs) {
        return new SecurityModules(
                read(sysfs.resolve("module/apparmor/parameters/enabled")).equals("Y"), knowsContainers(sysfs));
    }

    /** The kernel takes contexts that its policy has, and refuses others: many distributions' policies have none for containers. */
    private static boolean knowsContainers(Path sysfs) {
        Path file = sysfs.resolve("fs/selinux/context");
        try {
            if (!Files.exists(file)) {
                return false;
            }
            CategoryPair any = new CategoryPair(0, 1);
            for (String context : List.of(
                    ContainerLabels.ofProcesses(any), ContainerLabels.ofFiles(any), ContainerLabels.OF_LAYERS)) {
                Files.writeString(file, context, StandardCharsets.US_ASCII);
            }
            return true;
        } catch (IOException e) {
            return false;
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
