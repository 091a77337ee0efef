package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.fixtures.FixtureImages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CopyTests {
    @SuppressWarnings("NullAway.Init") // started before all tests
    private static Container container;

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    @BeforeAll
    static void start() {
        container = Engines.shared()
                .start(ContainerSpec.of("busybox:1")
                        .withCommand("sleep", "1000000")
                        .withTmpfs("/memory"));
    }

    @AfterAll
    static void close() {
        container.close();
    }

    private static String sh(String script) {
        return container.exec("sh", "-c", script).stdout();
    }

    private Path file(String name, String content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    @Test
    void fileGoesToItsNewPathWithParents() throws Exception {
        Path source = file("a.txt", "content");
        Files.setPosixFilePermissions(source, PosixFilePermissions.fromString("rwxr-x---"));

        container.copyTo(source, "/new/deep/b.txt");

        assertThat(sh("cat /new/deep/b.txt; stat -c ' %a %u:%g' /new/deep/b.txt; stat -c '%a' /new/deep"))
                .isEqualTo("content 750 0:0\n755\n");
    }

    @Test
    void fileKeepsItsNameInAFolder() throws Exception {
        container.copyTo(file("one.txt", "1"), "/tmp");
        container.copyTo(file("two.txt", "2"), "/made/");

        assertThat(sh("cat /tmp/one.txt /made/two.txt; stat -c ' %a' /tmp")).isEqualTo("12 1777\n");
    }

    @Test
    void fileReplacesWhatIsThere() throws Exception {
        sh("echo old > /replace; ln -s /etc/passwd /link");
        container.copyTo(file("new", "new"), "/replace");
        container.copyTo(file("other", "other"), "/link");

        assertThat(sh("cat /replace /link; head -c 4 /etc/passwd")).isEqualTo("newotherroot");
    }

    @Test
    void bytesBecomeAFileOfTheirMode() {
        container.copyTo("#!/bin/sh\necho äöü\n".getBytes(StandardCharsets.UTF_8), "/opt/run.sh", 0755);

        assertThat(container.exec("/opt/run.sh").stdout()).isEqualTo("äöü\n");
    }

    @Test
    void folderIsMergedIntoTheTarget() throws Exception {
        file("tree/x/deep.txt", "deep");
        file("tree/top.txt", "top");
        Files.createSymbolicLink(folder.resolve("tree/link"), Path.of("x/deep.txt"));
        sh("mkdir -p /merge/x; chmod 700 /merge/x; echo kept > /merge/x/kept.txt");

        container.copyTo(folder.resolve("tree"), "/merge");

        assertThat(sh("cd /merge; cat link top.txt x/kept.txt; readlink link; stat -c %a x"))
                .isEqualTo("deeptopkept\nx/deep.txt\n700\n");
    }

    @Test
    void fileComesOutUnderExactlyTheTarget() {
        sh("echo -n inside > /out.txt; chmod 640 /out.txt; ln -s out.txt /outlink");

        container.copyFrom("/out.txt", folder.resolve("exactly.here"));
        container.copyFrom("/outlink", folder.resolve("followed"));

        assertThat(folder.resolve("exactly.here")).hasContent("inside");
        assertThat(folder.resolve("followed")).hasContent("inside");
    }

    @Test
    void folderComesOutWithLinksAndModes() throws Exception {
        sh(
                "mkdir -p /tree/sub; cd /tree; echo a > sub/a; ln sub/a hard; ln -s sub/a soft; mkfifo pipe; chmod 600 sub/a");

        container.copyFrom("/tree", folder.resolve("tree"));

        Path tree = folder.resolve("tree");
        assertThat(tree.resolve("sub/a")).hasContent("a\n");
        assertThat(tree.resolve("hard")).hasContent("a\n");
        assertThat(Files.readSymbolicLink(tree.resolve("soft"))).hasToString("sub/a");
        assertThat(Files.getPosixFilePermissions(tree.resolve("sub/a")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(tree.resolve("pipe")).doesNotExist();
    }

    @Test
    void copiesSeeTmpfsWhileTheContainerRuns() throws Exception {
        container.copyTo(file("m", "in memory"), "/memory/m");
        assertThat(sh("cat /memory/m")).isEqualTo("in memory");

        container.copyFrom("/memory/m", folder.resolve("back"));
        assertThat(folder.resolve("back")).hasContent("in memory");
    }

    @Test
    void stoppedContainerCanBeCopiedFromAndTo() throws Exception {
        ContainerSpec spec =
                ContainerSpec.of("busybox:1").withCommand("sh", "-c", "cat /given 2>/dev/null; echo left > /left");
        try (Container stopped = Engines.shared().start(spec)) {
            stopped.waitForExit(Duration.ofSeconds(20));

            stopped.copyFrom("/left", folder.resolve("left"));
            stopped.copyTo(file("given", "a gift\n"), "/given");
            stopped.restart();
            stopped.waitForExit(Duration.ofSeconds(20));

            assertThat(folder.resolve("left")).hasContent("left\n");
            assertThat(stopped.logs()).isEqualTo("a gift\n");
        }
    }

    @Test
    void largeFileTakesLittleMemory() throws Exception {
        try (Child child = new ChildJvm()
                .option("-Xmx64m")
                .option("-Dbivouac.fixtures=" + FixtureImages.cache())
                .start(LargeCopy.class, folder.resolve("store").toString(), folder.toString())) {
            assertThat(child.join()).as(child.output()).isZero();
            assertThat(child.output()).startsWith("equal ");
        }
    }

    @Test
    void missingSourceIsNamed() {
        assertThatThrownBy(() -> container.copyFrom("/not/there", folder.resolve("x")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Copying /not/there of the container " + container.name() + " (image busybox:1) to "
                        + folder.resolve("x") + " failed: /not/there does not exist in the container.");
        assertThatThrownBy(() -> container.copyTo(folder.resolve("none"), "/x"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Copying " + folder.resolve("none") + " to /x in the container " + container.name()
                        + " (image busybox:1) failed: " + folder.resolve("none") + " does not exist.");
    }

    @Test
    void linksOfTheContainerNeverLeadToTheHost() throws Exception {
        Path host = file("host/secret", "secret");
        sh("ln -s " + folder + "/host /escape; ln -s ../../../../../../.." + folder + "/host /dots");

        container.copyTo(file("evil", "evil"), "/escape/secret");
        container.copyTo(file("evil2", "evil"), "/dots/other");

        assertThat(host).hasContent("secret");
        assertThat(host.resolveSibling("other")).doesNotExist();
        assertThat(sh("cat " + folder + "/host/secret")).isEqualTo("evil");
        assertThatThrownBy(() -> container.copyFrom("/escape/not-there", folder.resolve("got")))
                .isInstanceOf(ConfigurationException.class);
        assertThat(folder.resolve("got")).doesNotExist();
    }

    @Test
    void nothingIsWrittenThroughALinkThatComesOut() throws Exception {
        Path outside = Files.createDirectories(folder.resolve("outside"));
        Path target = Files.createDirectories(folder.resolve("target"));
        Files.createSymbolicLink(target.resolve("sub"), outside);
        sh("mkdir -p /linked/sub; echo x > /linked/sub/file");

        assertThatThrownBy(() -> container.copyFrom("/linked", target)).isInstanceOf(ConfigurationException.class);

        assertThat(outside).isEmptyDirectory();
        assertThat(Files.isSymbolicLink(target.resolve("sub"))).isTrue();
        assertThat(Files.isDirectory(target.resolve("sub"), LinkOption.NOFOLLOW_LINKS))
                .isFalse();
    }
}
