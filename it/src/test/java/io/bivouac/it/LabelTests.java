package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels reach the kernel where its security modules seem to be active; what becomes of them there is theirs to say. */
@Tag("root")
class LabelTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    /** How a start goes in a mount namespace whose sysfs was changed by a script. */
    private String start(String script) throws Exception {
        try (Child child = new ChildJvm()
                .under("unshare", "--mount", "sh", "-c", script + "; exec \"$@\"", "sh")
                .option("-Dbivouac.cgroup=none")
                .start(LabelledStart.class, folder.toString())) {
            assertThat(child.join()).as(child.output()).isZero();
            return child.output().strip();
        }
    }

    private static boolean isActive(String module) {
        return Files.exists(Path.of("/sys/module", module)) || Files.exists(Path.of("/sys/fs", module));
    }

    @Test
    void profileIsPassedOverWhereAppArmorIsNotActive() throws Exception {
        assertThat(start("mount -t tmpfs none /sys/module")).isEqualTo("started");
    }

    @Test
    void profileThatIsNotTakenFailsTheStart() throws Exception {
        String active = "mount -t tmpfs none /sys/module && mkdir -p /sys/module/apparmor/parameters"
                + " && echo Y > /sys/module/apparmor/parameters/enabled";
        String reason = isActive("apparmor") ? "no such file or directory (ENOENT)" : "invalid argument (EINVAL)";

        assertThat(start(active))
                .isEqualTo(
                        "failed ConfigurationException: Starting the container c (image probe:1) failed: this host's security"
                                + " module does not take the label mine: " + reason
                                + ". Load the AppArmor profile with apparmor_parser, or start without withAppArmor.");
    }

    @Test
    void contextsOfSelinuxAreGivenToTheMountsOfAContainer() throws Exception {
        assertThat(isActive("selinux")).as("the host's own SELinux").isFalse();
        String active = "mount -t tmpfs none /sys/fs && mkdir /sys/fs/selinux && : > /sys/fs/selinux/context";

        // The kernel knows no such option without the module.
        assertThat(start(active))
                .startsWith("failed ")
                .contains("mount the overlay")
                .containsPattern(",context=\"system_u:object_r:container_file_t:s0:c\\d+,c\\d+\"");
    }
}
