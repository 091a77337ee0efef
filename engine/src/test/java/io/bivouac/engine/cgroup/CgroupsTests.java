package io.bivouac.engine.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.warden.CgroupPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hosts as their /proc/self describes them. */
class CgroupsTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private Optional<CgroupPath> session(String choice, String mountinfo, String cgroup) throws IOException {
        Path self = Files.createDirectories(folder.resolve("self"));
        Files.writeString(self.resolve("mountinfo"), mountinfo.replace("ROOT", folder.toString()));
        Files.writeString(self.resolve("cgroup"), cgroup);
        return Cgroups.of(self, "s1", choice).session();
    }

    private Path folder(String name) throws IOException {
        return Files.createDirectories(folder.resolve(name));
    }

    private static final String V2 = "30 24 0:26 / ROOT/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
    private static final String V1 = "36 31 0:33 / ROOT/freezer rw,relatime - cgroup cgroup rw,freezer\n";
    private static final String MEMORY = "35 31 0:32 / ROOT/memory rw,relatime - cgroup cgroup rw,memory\n";

    @Test
    void pureV2GoesBelowOwnGroup() throws Exception {
        folder("cgroup/user.slice/me");

        assertThat(session("auto", V2, "0::/user.slice/me\n"))
                .contains(new CgroupPath(2, folder + "/cgroup/user.slice/me/bivouac-s1"));
    }

    @Test
    void hybridPrefersV2ForItsFreezer() throws Exception {
        folder("cgroup");
        folder("freezer");

        assertThat(session("auto", MEMORY + V1 + V2, "6:freezer:/\n4:memory:/x\n0::/\n"))
                .contains(new CgroupPath(2, folder + "/cgroup/bivouac-s1"));
        assertThat(session("v1", MEMORY + V1 + V2, "6:freezer:/\n0::/\n"))
                .contains(new CgroupPath(1, folder + "/freezer/bivouac-s1"));
    }

    @Test
    void pureV1TakesItsFreezer() throws Exception {
        folder("freezer/own");

        assertThat(session("auto", MEMORY + V1, "6:freezer:/own\n4:memory:/x\n"))
                .contains(new CgroupPath(1, folder + "/freezer/own/bivouac-s1"));
    }

    @Test
    void groupOfAContainerIsSeenFromItsMount() throws Exception {
        folder("cgroup");
        String mount = "30 24 0:26 /docker/abc ROOT/cgroup rw - cgroup2 cgroup2 rw\n";

        assertThat(session("auto", mount, "0::/docker/abc\n"))
                .contains(new CgroupPath(2, folder + "/cgroup/bivouac-s1"));
    }

    @Test
    void withoutAWritableGroupThereIsNone() throws Exception {
        assertThat(session("auto", V2, "0::/not/there\n")).isEmpty();
        assertThat(session("auto", MEMORY, "4:memory:/\n")).isEmpty();
        assertThat(session("auto", "", "")).isEmpty();
        folder("cgroup");
        assertThat(session("none", V2, "0::/\n")).isEmpty();
    }

    @Test
    void unknownChoiceIsRefused() {
        assertThatThrownBy(() -> session("v3", V2, "0::/\n"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("bivouac.cgroup=v3 is not a choice: auto, v2, v1 or none.");
    }
}
