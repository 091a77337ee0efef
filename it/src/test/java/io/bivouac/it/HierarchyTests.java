package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Containers live the same in control groups of the old version alone, and in none. */
@Tag("root")
class HierarchyTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private void assertContainersLive(String hierarchy) throws Exception {
        try (Child suite = new ChildJvm()
                .option("-Dbivouac.cgroup=" + hierarchy)
                .option("-Dbivouac.it.folder=" + folder)
                .option("-Dbivouac.it.everything=true")
                .start(SuiteMain.class, ContainerLifecycleTests.class.getName())) {
            assertThat(suite.join()).as(suite.output()).isZero();
            assertThat(suite.output()).containsPattern("passed [1-9][0-9]+\n");
        }
    }

    @Test
    void versionOne() throws Exception {
        assumeThat(Path.of("/sys/fs/cgroup/freezer"))
                .as("this host has no control groups of version 1")
                .isDirectory();
        assertContainersLive("v1");
    }

    @Test
    void none() throws Exception {
        assertContainersLive("none");
    }
}
