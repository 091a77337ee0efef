package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.Change;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.Image;
import io.bivouac.engine.Snapshot;
import io.bivouac.engine.Wait;
import io.bivouac.engine.oci.Platform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiffAndCommitTests {
    private static String sh(Container container, String script) {
        return container.exec("sh", "-c", script).stdout();
    }

    @Test
    void untouchedContainerHasNoChanges() {
        try (Container container = Engines.busybox()) {
            assertThat(container.diff()).isEmpty();
        }
    }

    @Test
    void diffNamesWhatWasAddedModifiedAndDeleted() {
        try (Container container = Engines.busybox()) {
            sh(
                    container,
                    "mkdir /new; echo x > /new/file; echo more >> /etc/passwd; rm /etc/group; echo 1.2.3.4 h >> /etc/hosts");

            assertThat(container.diff())
                    .containsExactly(
                            new Change(Change.Kind.MODIFIED, "/etc"),
                            new Change(Change.Kind.DELETED, "/etc/group"),
                            new Change(Change.Kind.MODIFIED, "/etc/passwd"),
                            new Change(Change.Kind.ADDED, "/new"),
                            new Change(Change.Kind.ADDED, "/new/file"));
        }
    }

    @Test
    void folderThatWasReplacedHidesWhatWasBelow() {
        Engine engine = Engines.shared();
        try (Container container = Engines.busybox()) {
            sh(container, "mkdir -p /d/sub; echo 1 > /d/one; echo 2 > /d/sub/two");
            container.commit("diff/base:1");
        }
        try (Container container = engine.start(ContainerSpec.of("diff/base:1").withCommand("sleep", "1000000"))) {
            sh(container, "rm -r /d; mkdir -p /d/sub; echo 3 > /d/sub/three");

            assertThat(container.diff())
                    .contains(
                            new Change(Change.Kind.DELETED, "/d/one"),
                            new Change(Change.Kind.DELETED, "/d/sub/two"),
                            new Change(Change.Kind.ADDED, "/d/sub/three"));
            container.commit("diff/replaced:1");
        }
        try (Container container =
                engine.start(ContainerSpec.of("diff/replaced:1").withCommand("sleep", "1000000"))) {
            assertThat(sh(container, "cd /d; find . | sort")).isEqualTo(".\n./sub\n./sub/three\n");
        } finally {
            engine.images().remove("diff/base:1");
            engine.images().remove("diff/replaced:1");
        }
    }

    @Test
    void committedImageGoesOnWhereTheContainerWas() {
        Engine engine = Engines.shared();
        try (Container container = Engines.busybox()) {
            sh(container, "echo kept > /kept; rm /etc/group");

            Image image = container.commit("commit/on:1");

            assertThat(image.references()).containsExactly("commit/on:1");
            assertThat(image.config().command()).containsExactly("sh");
            assertThat(image.config().diffIds()).hasSize(2);
            assertThat(sh(container, "cat /kept")).isEqualTo("kept\n");
        }
        try (Container container = engine.start(ContainerSpec.of("commit/on:1").withCommand("sleep", "1000000"))) {
            assertThat(sh(container, "cat /kept; ls /etc")).isEqualTo("kept\nhostname\nhosts\npasswd\nresolv.conf\n");
            assertThat(container.diff()).isEmpty();
        } finally {
            engine.images().remove("commit/on:1");
        }
    }

    /** Everything a layer can hold, through commit, save, load into another store, and start. */
    @Test
    void fileTypesSurviveCommitSaveLoadStart(@TempDir Path folder) throws Exception {
        Path archive = folder.resolve("saved.tar");
        String describe =
                "cd /t; stat -c '%n %F %a %u:%g %s %Y' *; readlink soft; cat 'naïve name'; ls -i hard file | cut -d' ' -f1"
                        + " | sort -u | wc -l; /t/setuid ids";
        String before;
        try (Container container = Engines.busybox()) {
            container.copyTo(probe(folder), "/probe", 0755);
            sh(
                    container,
                    "mkdir /t; cd /t; cp /probe setuid; chown 1000:50 setuid; chmod 4755 setuid; echo data > file;"
                            + " ln file hard; ln -s /somewhere/else soft; mkfifo pipe; mkdir empty; chmod 1777 empty;"
                            + " echo unicode > 'naïve name'; touch -d '2001-02-03 04:05:06' file empty");
            before = sh(container, describe);
            container.commit("types/all:1");
            Engines.shared().images().save(archive, "types/all:1");
            Engines.shared().images().remove("types/all:1");
        }
        assertThat(before).contains("setuid regular file 4755 1000:50").contains("uid=0 euid=1000");

        try (Engine other =
                Engine.open(Engines.options().withStore(folder.resolve("store")).withImages(List.of()))) {
            assertThat(other.images().load(archive))
                    .extracting(Image::references)
                    .containsExactly(List.of("types/all:1"));
            try (Container container =
                    other.start(ContainerSpec.of("types/all:1").withCommand("sleep", "1000000"))) {
                assertThat(sh(container, describe)).isEqualTo(before);
            }
        }
    }

    private static byte[] probe(Path folder) throws Exception {
        Path file = folder.resolve("probe");
        try (Container source = Engines.probe("sleep", "0")) {
            source.copyFrom("/probe", file);
        }
        return Files.readAllBytes(file);
    }

    @Test
    void snapshotKeepsTheMomentWhileTheContainerGoesOn() {
        Engine engine = Engines.shared();
        try (Container container = Engines.busybox()) {
            sh(container, "echo before > /moment");
            try (Snapshot snapshot = container.snapshot()) {
                sh(container, "echo after > /moment");

                // An ordinary user has no freezer here: processes are stopped one after the other.
                assertThat(snapshot.exact()).isEqualTo(Engines.isRoot());
                snapshot.commit("snapshot/moment:1");
            }
        }
        try (Container container =
                engine.start(ContainerSpec.of("snapshot/moment:1").withCommand("cat", "/moment"))) {
            container.waitForExit(Duration.ofSeconds(20));
            assertThat(container.logs()).isEqualTo("before\n");
        } finally {
            engine.images().remove("snapshot/moment:1");
        }
    }

    @Test
    void imageVolumesAreCommitted() {
        Engine engine = Engines.shared();
        try (Container db = engine.start(Engines.postgres())) {
            db.exec("psql", "-U", "postgres", "-c", "create table t as select 42 as answer");
            db.exec("psql", "-U", "postgres", "-c", "checkpoint");
            db.commit("volumes/db:1");
        }
        ContainerSpec again = Engines.postgres()
                .withImage("volumes/db:1")
                .withoutWaits()
                .withWait(Wait.forLog("ready to accept connections"));
        try (Container db = engine.start(again)) {
            assertThat(db.exec("psql", "-U", "postgres", "-Atc", "select answer from t")
                            .stdout())
                    .isEqualTo("42\n");
        } finally {
            engine.images().remove("volumes/db:1");
        }
    }

    /** What we write is read by others: skopeo inspects it, podman runs it. */
    @Test
    @Tag("root")
    void committedImageIsReadBySkopeoAndRunByPodman(@TempDir Path folder) throws Exception {
        Path layout = folder.resolve("layout");
        try (Container container = Engines.busybox()) {
            sh(container, "echo from bivouac > /greeting; rm /etc/group; mkdir -p /var/x; chmod 2750 /var/x");
            container.commit("others/read:1");
            Engines.shared().images().save(layout, "others/read:1");
            Engines.shared().images().remove("others/read:1");
        }
        Commands.Result inspected = Commands.run("skopeo", "inspect", "oci:" + layout + ":others/read:1");
        assertThat(inspected.output())
                .contains("\"Architecture\": \"" + Platform.host().architecture() + "\"");

        try (Podman podman = new Podman(folder)) {
            Commands.Result run = Commands.run(podman.runLine(
                    "oci:" + layout + ":others/read:1", "sh", "-c", "cat /greeting; ls /etc/group; stat -c %a /var/x"));
            assertThat(run.output())
                    .contains("from bivouac\n")
                    .contains("ls: /etc/group: No such file or directory")
                    .contains("2750\n");
        }
    }

    @Test
    void contentOfChangedFilesIsCommittedByteForByte() {
        Engine engine = Engines.shared();
        try (Container container = Engines.busybox()) {
            sh(container, "head -c 3000000 /dev/urandom > /blob; md5sum < /blob > /sum");
            container.commit("bytes/exact:1");
        }
        try (Container container = engine.start(ContainerSpec.of("bytes/exact:1")
                .withCommand("sh", "-c", "md5sum < /blob | cmp - /sum && echo same"))) {
            container.waitForExit(Duration.ofSeconds(20));
            assertThat(container.logs()).isEqualTo("same\n");
        } finally {
            engine.images().remove("bytes/exact:1");
        }
    }
}
