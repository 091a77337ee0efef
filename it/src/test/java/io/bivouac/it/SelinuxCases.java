package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ExecResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SELinux keeps containers from the host and from each other; run by {@code HostMatrixTests} in a machine that enforces it. */
class SelinuxCases {
    private static final ContainerSpec SLEEPER =
            ContainerSpec.of("redis:7").withEntrypoint("sleep", "1000000").withTmpfs("/memory");
    private static final String LABEL = "system_u:system_r:container_t:s0:c\\d+,c\\d+";

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    @BeforeAll
    static void enforces() throws Exception {
        assertThat(Commands.output(List.of("getenforce"))).isEqualTo("Enforcing\n");
    }

    private static String label(Container container, String process) {
        // The kernel ends it with a zero.
        return shell(container, "tr -d '\\0\\n' </proc/" + process + "/attr/current");
    }

    private static String shell(Container container, String script) {
        ExecResult result = container.exec("sh", "-c", script);
        return result.stdout() + result.stderr();
    }

    private Path shared(String name) throws Exception {
        Path shared = Files.createDirectory(folder.resolve(name));
        Files.writeString(shared.resolve("of-the-host"), "host");
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxrwx"));
        return shared;
    }

    private static void give(Path shared) throws Exception {
        Commands.output(List.of("chcon", "--recursive", "--type=container_file_t", "--range=s0", shared.toString()));
    }

    @Test
    void everyProcessHasTheLabelOfItsContainer() {
        try (Container one = Engines.shared().start(SLEEPER);
                Container other = Engines.shared().start(SLEEPER)) {
            String label = label(one, "1");

            assertThat(label).matches(LABEL);
            assertThat(label(one, "self")).isEqualTo(label);
            assertThat(label(other, "1")).matches(LABEL).isNotEqualTo(label);
            one.restart();
            assertThat(label(one, "1")).isEqualTo(label);
        }
    }

    @Test
    void programsRunFromWhereverTheyLie() {
        try (Container container = Engines.shared().start(SLEEPER)) {
            String copy = "cp /usr/bin/redis-cli ";

            assertThat(shell(container, "redis-cli --version")).startsWith("redis-cli ");
            assertThat(shell(container, copy + "/own && /own --version")).startsWith("redis-cli ");
            assertThat(shell(container, "echo kept >/memory/own && cat /memory/own"))
                    .isEqualTo("kept\n");
            container.commit("committed:1");
        }
        try (Container again = Engines.shared().start(SLEEPER.withImage("committed:1"))) {
            assertThat(shell(again, "/own --version")).startsWith("redis-cli ");
        } finally {
            Engines.shared().images().remove("committed:1");
        }
    }

    @Test
    void whatOfTheEngineStaysInAContainerIsConfinedToo() {
        try (Container container = Engines.shared().start(SLEEPER.withInit())) {
            assertThat(shell(container, "cat /proc/1/comm")).isEqualTo("bivouac-init\n");
            assertThat(label(container, "1")).matches(LABEL).isEqualTo(label(container, "self"));
            assertThat(shell(container, "for i in /proc/[0-9]*; do tr -d '\\0' <$i/attr/current; echo; done | sort -u"))
                    .isEqualTo(label(container, "1") + "\n");
        }
    }

    @Test
    void everyFileSystemOfAContainerIsItsOwn() {
        try (Container container = Engines.shared().start(SLEEPER)) {
            String folders = "/ /memory /dev /dev/shm /tmp";
            String script = "for i in " + folders
                    + "; do : >$i/own && test -e $i/own || echo not $i; done; ls /dev/mqueue /dev/pts/ptmx";

            assertThat(shell(container, script)).isEqualTo("/dev/pts/ptmx\n\n/dev/mqueue:\n");
        }
    }

    @Test
    void filesOfTheHostAreOutOfReachUntilTheyAreGivenToContainers() throws Exception {
        Path shared = shared("folder");
        try (Container container = Engines.shared().start(SLEEPER.withBind(shared, "/shared"))) {
            assertThat(shell(container, "cat /shared/of-the-host")).contains("Permission denied");
            give(shared);
            assertThat(shell(container, "cat /shared/of-the-host")).isEqualTo("host");
        }
    }

    /** What is made ahead after a privileged container has no label. */
    @Test
    void whatTheEngineProvidesIsOfTheContainerAfterAPrivilegedOneToo() {
        Engines.shared().start(SLEEPER.withPrivileged()).close();
        try (Container container = Engines.shared().start(SLEEPER)) {
            String file = label(container, "1").replaceFirst(".*:container_t:", "system_u:object_r:container_file_t:");
            for (String path : List.of("/dev", "/dev/shm", "/etc/hosts", "/etc/resolv.conf")) {
                assertThat(shell(container, "ls -dZ " + path)).as(path).startsWith(file + " ");
            }
            // An ordinary user makes no devices: those are the host's.
            assertThat(shell(container, "ls -dZ /dev/null"))
                    .startsWith(Engines.isRoot() ? file + " " : "system_u:object_r:null_device_t:s0 ");
            assertThat(shell(container, "cat /dev/null; head -c 1 /etc/hosts")).isEqualTo("1");
        }
    }

    /** To the owner and the mode of the files both containers are the same. */
    @Test
    void containersAreKeptApartByTheirCategories() throws Exception {
        Path shared = shared("folder");
        give(shared);
        ContainerSpec spec = SLEEPER.withBind(shared, "/shared");
        try (Container one = Engines.shared().start(spec);
                Container other = Engines.shared().start(spec)) {
            assertThat(shell(one, "umask 0; echo secret >/shared/own && cat /shared/own"))
                    .isEqualTo("secret\n");

            assertThat(shell(other, "cat /shared/own")).contains("Permission denied");
            assertThat(shell(other, "echo x >>/shared/own")).contains("Permission denied");
            assertThat(shell(other, "echo public >/shared/other && cat /shared/of-the-host /shared/other"))
                    .isEqualTo("hostpublic\n");
        }
    }

    @Test
    void privilegedContainerIsNotConfined() throws Exception {
        Path shared = shared("folder");
        try (Container container =
                Engines.shared().start(SLEEPER.withPrivileged().withBind(shared, "/shared"))) {
            assertThat(label(container, "1")).doesNotContain("container_t");
            assertThat(shell(container, "cat /shared/of-the-host")).isEqualTo("host");
        }
    }
}
