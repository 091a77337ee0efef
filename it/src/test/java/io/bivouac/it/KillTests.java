package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.PullPolicy;
import io.bivouac.fixtures.FixtureImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SIGKILL of anything, at any moment: what a living guardian can remove is gone within 2 s, the rest with the next engine. */
@Isolated
@Tag("root")
class KillTests {
    private static final Duration LIMIT = Duration.ofSeconds(2);

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private EngineOptions options() {
        return EngineOptions.defaults().withStore(folder.resolve("store")).withImages(List.of(FixtureImages.busybox()));
    }

    private Child victim(String work, String hierarchy) throws Exception {
        Child victim = new ChildJvm()
                .option("-Dbivouac.cgroup=" + hierarchy)
                .start(Victim.class, folder.resolve("store").toString(), work);
        victim.await("ready");
        return victim;
    }

    private List<Path> sessions() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("store/sessions"))) {
            return files.toList();
        }
    }

    private static void kill(List<ProcessTree.Found> targets) throws Exception {
        List<String> command = new ArrayList<>(List.of("kill", "-KILL"));
        targets.forEach(target -> command.add(Long.toString(target.pid())));
        assertThat(Commands.run(command).code()).isZero();
    }

    /** Just forked, with the name of its parent still: it may be gone before it is killed, and its parent's end is its own. */
    private static boolean isFork(ProcessTree.Found process, List<ProcessTree.Found> tree) {
        return tree.stream()
                .anyMatch(
                        other -> other.pid() == process.parent() && other.name().equals(process.name()));
    }

    private static List<ProcessTree.Found> named(List<ProcessTree.Found> tree, String target, long jvm) {
        return tree.stream()
                .filter(process -> !isFork(process, tree))
                .filter(process -> switch (target) {
                    case "jvm" -> process.pid() == jvm;
                    case "guardian" -> process.name().equals("bivouac-guard");
                    case "warden" -> process.name().equals("bivouac-warden");
                    case "monitor" -> process.name().equals("bivouac-monitor");
                    default ->
                        process.pid() == jvm
                                || process.name().equals("bivouac-guard")
                                || process.name().equals("bivouac-warden");
                })
                .toList();
    }

    @ParameterizedTest(name = "{0} killed while {1}, {2}")
    @CsvSource({
        "jvm, idle, auto", "guardian, idle, auto", "warden, idle, auto", "all, idle, auto",
        "jvm, paused, auto", "guardian, paused, auto", "warden, paused, auto", "all, paused, auto",
        "jvm, starting, auto", "guardian, starting, auto", "warden, starting, auto", "all, starting, auto",
        "jvm, paused, v1", "guardian, paused, v1", "warden, paused, v1", "all, paused, v1",
        "jvm, paused, none", "all, paused, none",
    })
    void leavesNothing(String target, String work, String hierarchy) throws Exception {
        Traces traces = Traces.of(folder.resolve("store"));
        try (Child victim = victim(work, hierarchy)) {
            List<ProcessTree.Found> tree = ProcessTree.below(victim.pid());
            traces.note(victim.pid());
            assertThat(tree).extracting(ProcessTree.Found::name).contains("bivouac-guard", "bivouac-warden", "nc");
            assertThat(traces.differences())
                    .anyMatch(trace -> trace.startsWith("mount "))
                    .anyMatch(trace -> trace.startsWith("socket "))
                    .anyMatch(trace -> hierarchy.equals("none") || trace.startsWith("group "));

            List<ProcessTree.Found> targets = named(tree, target, victim.pid());
            assertThat(targets).isNotEmpty();
            kill(targets);

            boolean jvmLives = !target.equals("jvm") && !target.equals("all");
            boolean guardianLives = target.equals("jvm") || target.equals("warden");
            // With the v1 freezer a frozen process dies only when somebody thaws it: the guardian, else the next
            // engine.
            boolean frozen = work.equals("paused") && hierarchy.equals("v1") && !guardianLives;
            if (!frozen) {
                traces.awaitNoProcess();
            }
            if (guardianLives) {
                traces.awaitNone();
            } else {
                if (jvmLives) {
                    victim.kill();
                }
                try (Engine next = Engine.open(options());
                        Container container =
                                next.start(ContainerSpec.of("busybox:1").withCommand("true"))) {
                    traces.awaitNone();
                    assertThat(container.waitForExit(Duration.ofSeconds(20)).code())
                            .isZero();
                }
            }
        }
    }

    private static List<ProcessTree.Found> ours(String name) throws IOException {
        return ProcessTree.below(ProcessHandle.current().pid()).stream()
                .filter(process -> process.name().equals(name))
                .toList();
    }

    private static List<ProcessTree.Found> ours(String name, List<ProcessTree.Found> others) throws IOException {
        return ours(name).stream().filter(process -> !others.contains(process)).toList();
    }

    @Test
    void whatIsMadeAheadIsMadeAnewWhenItsProcessWasKilled() throws Exception {
        ContainerSpec spec = ContainerSpec.of("busybox:1").withCommand("true");
        List<ProcessTree.Found> others = ours("bivouac-worker");
        try (Engine engine = Engine.open(options())) {
            engine.start(spec).close();
            // One for the next start, and one for the next request of any kind.
            List<ProcessTree.Found> waiting =
                    await().until(() -> ours("bivouac-worker", others), found -> found.size() == 2);
            List<Path> uppers = await().until(this::uppers, found -> found.size() == 1);
            kill(waiting);
            await().until(() -> waiting.stream().noneMatch(ProcessTree.Found::isAlive));
            try (Container next = engine.start(spec)) {
                assertThat(next.waitForExit(Duration.ofSeconds(20)).code()).isZero();
                assertThat(uppers()).doesNotContainAnyElementsOf(uppers);
            }
        }
    }

    /** Where containers write. */
    private List<Path> uppers() throws IOException {
        List<Path> uppers = new ArrayList<>();
        for (Path session : sessions()) {
            if (Files.isDirectory(session)) {
                try (Stream<Path> containers = Files.list(session)) {
                    containers
                            .map(container -> container.resolve("upper"))
                            .filter(Files::isDirectory)
                            .forEach(uppers::add);
                }
            }
        }
        return uppers;
    }

    @Test
    void startThatFailsBeforeItIsAskedForLeavesNoFolder() throws Exception {
        try (Engine engine = Engine.open(options())) {
            engine.start(ContainerSpec.of("busybox:1")).close();
            List<Path> uppers = await().until(this::uppers, found -> found.size() == 1);
            assertThatThrownBy(
                            () -> engine.start(ContainerSpec.of("busybox:none").withPullPolicy(PullPolicy.NEVER)))
                    .hasMessageContaining("busybox:none");
            await().untilAsserted(() -> assertThat(uppers()).doesNotContainAnyElementsOf(uppers));
        }
    }

    @Test
    void engineWhoseSessionWasKilledSaysSoAndStartsAnother() throws Exception {
        Traces traces = Traces.of(folder.resolve("store"));
        try (Engine engine = Engine.open(options())) {
            Container lost =
                    engine.start(ContainerSpec.of("busybox:1").withName("lost").withCommand("sleep", "1000"));
            List<ProcessTree.Found> tree =
                    ProcessTree.below(ProcessHandle.current().pid());
            traces.note(ProcessHandle.current().pid());
            String session = String.valueOf(sessions().get(0).getFileName()).replace(".lock", "");
            kill(guardianOf(tree, session));

            assertThatThrownBy(() -> lost.waitForExit(Duration.ofSeconds(5)))
                    .isInstanceOf(InternalException.class)
                    .hasMessage("The container lost (image busybox:1) is lost: its session was killed.");
            assertThat(lost.state()).isEqualTo(ContainerState.EXITED);
            lost.close();

            try (Container next = engine.start(ContainerSpec.of("busybox:1").withCommand("sleep", "1000"))) {
                assertThat(next.exec("echo", "on").stdout()).isEqualTo("on\n");
                traces.awaitNone();
            }
        }
    }

    /** Engines of other tests in this JVM have guardians too: ours has our store's path in its mounts' processes. */
    private static List<ProcessTree.Found> guardianOf(List<ProcessTree.Found> tree, String session) throws IOException {
        List<String> mounts = ProcessTree.mountsOf("/sessions/" + session);
        long monitor = Long.parseLong(mounts.get(0).replaceFirst("(?s).*?pid=(\\d+).*", "$1"));
        long warden = tree.stream()
                .filter(process -> process.pid() == monitor)
                .findFirst()
                .orElseThrow()
                .parent();
        return tree.stream()
                .filter(process -> process.name().equals("bivouac-guard"))
                .filter(process ->
                        tree.stream().anyMatch(child -> child.pid() == warden && child.parent() == process.pid()))
                .toList();
    }

    @Test
    void killedMonitorTakesItsContainerAlongAndNoOther() throws Exception {
        try (Engine engine = Engine.open(options())) {
            Container kept = engine.start(ContainerSpec.of("busybox:1").withCommand("sleep", "1111"));
            Container lost = engine.start(ContainerSpec.of("busybox:1").withCommand("sleep", "2222"));
            List<ProcessTree.Found> tree =
                    ProcessTree.below(ProcessHandle.current().pid());
            ProcessTree.Found sleeper = tree.stream()
                    .filter(process -> process.name().equals("sleep")
                            && commandLine(process).contains("2222"))
                    .findFirst()
                    .orElseThrow();
            kill(tree.stream()
                    .filter(process -> process.pid() == sleeper.parent())
                    .toList());

            await().atMost(LIMIT).until(() -> !sleeper.isAlive());
            assertThatThrownBy(() -> lost.waitForExit(Duration.ofSeconds(5))).isInstanceOf(InternalException.class);
            assertThat(kept.exec("echo", "here").stdout()).isEqualTo("here\n");
        }
    }

    private static Container ended(Engine engine) {
        Container container = engine.start(ContainerSpec.of("busybox:1").withCommand("true"));
        assertThat(container.waitForExit(LIMIT).code()).isZero();
        return container;
    }

    /** What the containers of all sessions have left on the disk. */
    private List<Path> inSessions() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("store/sessions"), 2)) {
            return files.sorted().toList();
        }
    }

    private static boolean isOf(Container container, Path file) {
        return container.id().startsWith(String.valueOf(file.getFileName()));
    }

    @Test
    void whatHasEndedIsDiscardedThoughItsMonitorWasKilled() throws Exception {
        List<ProcessTree.Found> others = ours("bivouac-monitor");
        try (Engine engine = Engine.open(options())) {
            ended(engine).close();
            await().atMost(LIMIT).until(() -> ours("bivouac-monitor", others).isEmpty());
            Container container = ended(engine);
            assertThat(inSessions()).anyMatch(file -> isOf(container, file));
            List<ProcessTree.Found> monitors = ours("bivouac-monitor", others);
            assertThat(monitors).hasSize(1);
            kill(monitors);
            await().atMost(LIMIT).until(() -> monitors.stream().noneMatch(ProcessTree.Found::isAlive));

            container.close();

            assertThat(inSessions()).noneMatch(file -> isOf(container, file));
        }
    }

    @Test
    void monitorOfWhatIsStartedAgainIsLetGo() throws Exception {
        List<ProcessTree.Found> others = ours("bivouac-monitor");
        try (Engine engine = Engine.open(options());
                Container container = ended(engine)) {
            List<ProcessTree.Found> first = ours("bivouac-monitor", others);
            assertThat(first).hasSize(1);

            container.restart();

            await().atMost(LIMIT).until(() -> first.stream().noneMatch(ProcessTree.Found::isAlive));
            assertThat(container.waitForExit(LIMIT).code()).isZero();
            assertThat(ours("bivouac-monitor", others)).hasSize(1);
        }
    }

    private static String commandLine(ProcessTree.Found process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
        } catch (IOException e) {
            return "";
        }
    }

    @Test
    void liveSessionIsNeverSwept() throws Exception {
        try (Engine first = Engine.open(options());
                Container container = first.start(ContainerSpec.of("busybox:1").withCommand("sleep", "1000"))) {
            container.exec("sh", "-c", "echo mine > /mine");
            for (int i = 0; i < 5; i++) {
                try (Engine other = Engine.open(options())) {
                    other.start(ContainerSpec.of("busybox:1").withCommand("true"))
                            .close();
                }
            }
            assertThat(container.exec("cat", "/mine").stdout()).isEqualTo("mine\n");
            assertThat(container.diff()).isNotEmpty();
        }
        assertThat(sessions()).isEmpty();
    }

    @Test
    void halfWrittenStoreIsCleanedAndGoesOn() throws Exception {
        Path store = folder.resolve("store");
        try (Child victim = victim("unpacking", "auto")) {
            await().pollInterval(Duration.ofMillis(5)).until(() -> aside(store).size() > 0 && unpacked(store));
            victim.kill();
            victim.join();
        }
        assertThat(aside(store)).isNotEmpty();
        EngineOptions options = EngineOptions.defaults().withStore(store).withImages(List.of(FixtureImages.postgres()));
        try (Engine engine = Engine.open(options);
                Container db = engine.start(Engines.postgres())) {
            assertThat(db.exec("psql", "-U", "postgres", "-Atc", "select 1").stdout())
                    .isEqualTo("1\n");
            await().atMost(LIMIT).until(() -> aside(store).isEmpty());
        }
    }

    private static boolean unpacked(Path store) throws IOException {
        try (Stream<Path> files = Files.walk(store.resolve("layers"), 2)) {
            return files.anyMatch(path -> path.getFileName().toString().startsWith(".new-"));
        }
    }

    private static List<Path> aside(Path store) throws IOException {
        try (Stream<Path> files = Files.walk(store, 3)) {
            return files.filter(path -> path.getFileName().toString().startsWith(".new-"))
                    .toList();
        } catch (java.io.UncheckedIOException e) {
            return List.of();
        }
    }
}
