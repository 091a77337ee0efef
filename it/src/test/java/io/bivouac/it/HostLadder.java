package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.Change;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Diagnosis;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** Looks at the host this JVM is on, then uses it. */
final class HostLadder {
    private HostLadder() {}

    /**
     * Says {@code LEVEL SUBJECT: FOUND -> REMEDY} of each finding, then {@code ran}, or {@code failed WHY}.
     *
     * @param arguments the store, and a layout of busybox
     */
    public static void main(String[] arguments) throws IOException {
        Path store = Path.of(arguments[0]);
        EngineOptions options = EngineOptions.defaults()
                .withStore(store)
                .withStoreReserve(0)
                .withImages(List.of(Path.of(arguments[1])));
        try (Engine engine = Engine.open(options)) {
            Diagnosis diagnosis = engine.diagnose();
            for (Diagnosis.Finding finding : diagnosis.findings()) {
                System.out.println(
                        finding.level() + " " + finding.subject() + ": " + finding.found() + " -> " + finding.remedy());
            }
            System.out.println("containers " + diagnosis.canRunContainers());
            System.out.println(use(engine, store));
        }
    }

    /** What depends on where a container writes, and on how it is stopped. */
    private static String use(Engine engine, Path store) throws IOException {
        // sleep, as the first process of a container, takes no signal but the last.
        ContainerSpec sleeper =
                ContainerSpec.of("busybox:1").withCommand("sleep", "1000").withStopTimeout(Duration.ofMillis(100));
        try (Container container = engine.start(sleeper)) {
            container.copyTo(new byte[100], "/there", 0644);
            assertThat(container
                            .exec("sh", "-c", "id -u; wc -c < /there; echo yes > /made")
                            .stdout())
                    .isEqualTo("0\n100\n");
            assertThat(container.diff())
                    .containsExactlyInAnyOrder(
                            new Change(Change.Kind.ADDED, "/made"), new Change(Change.Kind.ADDED, "/there"));
            container.exec("sh", "-c", "rm -r /home /etc/group /usr; mkdir /usr; echo new > /usr/new");
            container.commit("ladder:1");
            container.pause();
            container.resume();
            container.stop();
            Path copied = store.resolveSibling("copied");
            container.copyFrom("/made", copied);
            assertThat(copied).hasContent("yes\n");
            container.restart();
            assertThat(container.exec("cat", "/made").stdout()).isEqualTo("yes\n");
            try (Container again = engine.start(ContainerSpec.of("ladder:1").withCommand("sleep", "1000"))) {
                assertThat(again.exec("cat", "/made").stdout()).isEqualTo("yes\n");
                assertThat(again.exec("ls", "-d", "/home", "/etc/group", "/etc/passwd")
                                .stdout())
                        .isEqualTo("/etc/passwd\n");
                assertThat(again.exec("ls", "/usr").stdout()).isEqualTo("new\n");
                again.exec("sh", "-c", "mkdir /home; echo mine > /home/file; rm /usr/new");
                again.commit("ladder:2");
            }
            try (Container last = engine.start(ContainerSpec.of("ladder:2").withCommand("sleep", "1000"))) {
                assertThat(last.exec("ls", "/home", "/usr").stdout()).isEqualTo("/home:\nfile\n\n/usr:\n");
            }
        } catch (BivouacException e) {
            return "failed " + e.getMessage();
        }
        try (Stream<Path> sessions = Files.list(store.resolve("sessions"))) {
            assertThat(sessions.filter(Files::isDirectory).flatMap(HostLadder::containers))
                    .isEmpty();
        }
        return "ran";
    }

    /** Folders of containers that are left in a session. */
    private static Stream<Path> containers(Path session) {
        try {
            return Footprint.inSession(session).stream()
                    .filter(file -> file.getFileName().toString().matches("[0-9a-f]{12}"));
        } catch (IOException e) {
            return Stream.empty();
        }
    }
}
