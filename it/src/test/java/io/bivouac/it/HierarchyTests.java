package io.bivouac.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Containers live the same in control groups of the old version alone, and in none. */
@Tag("root")
class HierarchyTests {
    /** Some seconds of work, on a host that has other work too. */
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private void assertContainersLive(String hierarchy) throws Exception {
        ChildJvm jvm = new ChildJvm()
                .option("-Dbivouac.cgroup=" + hierarchy)
                .option("-Dbivouac.it.folder=" + folder)
                .option("-Dbivouac.it.everything=true");
        SuiteMain.assertPass(jvm, PATIENCE, List.of(ContainerLifecycleTests.class));
    }

    @Test
    void versionOne() throws Exception {
        // AssertJ's assumptions generate classes by means that newer JDKs warn of.
        assumeTrue(
                Files.isDirectory(Path.of("/sys/fs/cgroup/freezer")), "this host has no control groups of version 1");
        assertContainersLive("v1");
    }

    @Test
    void none() throws Exception {
        assertContainersLive("none");
    }
}
