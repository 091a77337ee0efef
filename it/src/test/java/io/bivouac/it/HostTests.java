package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.ExitStatus;
import io.bivouac.engine.HostException;
import io.bivouac.engine.PullPolicy;
import io.bivouac.engine.UnsupportedHostException;
import io.bivouac.fixtures.FixtureImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hosts that lack something, and input that is wrong: each message whole. */
class HostTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private String start(ChildJvm jvm, Path store, Path layout, String image, String... command) throws Exception {
        String[] arguments = Stream.concat(Stream.of(store.toString(), layout.toString(), image), Stream.of(command))
                .toArray(String[]::new);
        try (Child child = jvm.start(OneStart.class, arguments)) {
            assertThat(child.join()).as(child.output()).isZero();
            return child.output();
        }
    }

    private String startBusybox(ChildJvm jvm) throws Exception {
        return start(jvm, folder.resolve("store"), FixtureImages.busybox(), "busybox:1", "echo", "hello");
    }

    @Test
    void otherSystemsAreNamed() throws Exception {
        assertThat(startBusybox(new ChildJvm().option("-Dos.name=Mac OS X")))
                .isEqualTo(
                        "failed UnsupportedHostException: Containers need Linux: this is Mac OS X. On macOS and Windows run"
                                + " the tests in a Linux virtual machine or WSL 2, or skip them with"
                                + " -Dbivouac.unsupported=skip.\n");
    }

    @Test
    void otherProcessorsAreNamed() throws Exception {
        assertThat(startBusybox(new ChildJvm().option("-Dos.arch=riscv64")))
                .isEqualTo(
                        "failed UnsupportedHostException: Bivouac has no engine for the processor 'riscv64': x86-64 and"
                                + " aarch64 are supported. Skip the tests with -Dbivouac.unsupported=skip.\n");
    }

    @Test
    @Tag("root")
    void rootWithoutPrivilegeForNamespacesIsToldSo() throws Exception {
        ChildJvm jvm = new ChildJvm().under("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin");

        assertThat(startBusybox(jvm))
                .isEqualTo(
                        "failed UnsupportedHostException: Starting a session failed: this host denies namespaces (create"
                                + " namespaces (clone3): operation not permitted (EPERM)). Root needs CAP_SYS_ADMIN; inside a"
                                + " container, start that container privileged.\n");
    }

    @Test
    @Tag("root")
    void userWithoutUserNamespacesIsToldSo() throws Exception {
        try (OrdinaryUser user = OrdinaryUser.create()) {
            // One user namespace is allowed below the outer one, and this JVM is in it.
            String nested = "echo 1 > /proc/sys/user/max_user_namespaces;" + " exec unshare --user --map-user=" + 1000
                    + " \"$@\"";
            ChildJvm jvm = user.jvm().under("unshare", "--user", "--map-root-user", "sh", "-c", nested, "sh");

            assertThat(start(jvm, user.home().resolve("store"), FixtureImages.busybox(), "busybox:1", "true"))
                    .isEqualTo(
                            "failed UnsupportedHostException: Starting a session failed: this host denies user namespaces to"
                                    + " ordinary users (create a user namespace (clone3): no space left on device (ENOSPC)). Allow"
                                    + " them: sysctl user.max_user_namespaces must be above 0; on Debian"
                                    + " kernel.unprivileged_userns_clone=1; on Ubuntu"
                                    + " kernel.apparmor_restrict_unprivileged_userns=0. Or run as root.\n");
        }
    }

    @Test
    void unsupportedHostIsAHostThatLacksSomething() {
        assertThat(new UnsupportedHostException("x")).isInstanceOf(HostException.class);
    }

    @Test
    void storeThatCannotBeWrittenIsNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "in the way");

        assertThatThrownBy(() -> Engine.open(EngineOptions.defaults().withStore(file.resolve("store"))))
                .isInstanceOf(HostException.class)
                .hasMessage("The store " + file + "/store cannot be used: " + file
                        + ". Choose a writable place with -Dbivouac.store=FOLDER.");
    }

    @Test
    void storeOfANewerVersionIsRefused() throws Exception {
        Path store = Files.createDirectories(folder.resolve("store"));
        Files.writeString(store.resolve("version"), "4\n");

        assertThatThrownBy(() -> Engine.open(EngineOptions.defaults().withStore(store)))
                .isInstanceOf(HostException.class)
                .hasMessage("The store " + store
                        + " cannot be used: it was written in format 4 by another version of Bivouac,"
                        + " this one knows 3. Choose a writable place with -Dbivouac.store=FOLDER.");
    }

    @Test
    @Tag("root")
    void readOnlyStoreIsNamed() throws Exception {
        Path store = Files.createDirectories(folder.resolve("mounted"));

        assertThat(start(onTmpfs(store, "ro"), store.resolve("store"), FixtureImages.busybox(), "busybox:1", "true"))
                .isEqualTo("failed HostException: The store " + store.resolve("store") + " cannot be used: "
                        + store.resolve("store")
                        + ": Read-only file system. Choose a writable place with -Dbivouac.store=FOLDER.\n");
    }

    @Test
    @Tag("root")
    void fullDiskWhileUnpackingIsNamedAndLeavesNoHalfLayer() throws Exception {
        Path store = Files.createDirectories(folder.resolve("mounted"));
        byte[] content = new byte[6_000_000];
        new Random(1).nextBytes(content); // zeros would become a hole
        Path layout = SmallImages.write(folder.resolve("large"), "large:1", tar -> tar.file("content", 0644, content));
        // Room for the blobs, not for the layer beside them; what is left there is shown at the end.
        ChildJvm jvm = onTmpfs(store, "size=10m");

        String output = start(jvm, store.resolve("store"), layout, "large:1", "sleep", "0");

        // The small layer is unpacked beside the large one: it is there as a whole, or it had no room either.
        String full =
                "(of the store is full \\(write the tree \\([a-z]+\\) on [^ ]+: no space left on device \\(ENOSPC\\)\\)"
                        + "|is full \\(No space left on device\\))";
        assertThat(output)
                .matches("failed HostException: Unpacking the image large:1 failed: the file system " + full
                        + "\\. Free space there, or move the store with -Dbivouac\\.store=FOLDER\\.\n"
                        + "(left: ([0-9a-f]{28})\nleft: \\3\\.chain\n)?");
    }

    @Test
    @Tag("root")
    void storeWithoutExecutionIsNamed() throws Exception {
        Path store = Files.createDirectories(folder.resolve("mounted"));

        assertThat(start(
                        onTmpfs(store, "noexec"), store.resolve("store"), FixtureImages.busybox(), "busybox:1", "true"))
                .startsWith("failed HostException: The warden " + store.resolve("store/bin/warden-"))
                .contains(" could not be executed: ")
                .endsWith(
                        ". If the file system there is mounted noexec, move the store with -Dbivouac.store=FOLDER.\n");
    }

    /** In a mount namespace of its own, so that nothing is mounted on this host. Names what is left of layers at the end. */
    private static ChildJvm onTmpfs(Path target, String options) {
        String script = "mount -t tmpfs -o " + options + " none " + target + " && \"$@\"; code=$?;"
                + " for layer in " + target + "/store/layers/root/* " + target + "/store/layers/root/.new-*;"
                + " do [ -e \"$layer\" ] && echo left: ${layer##*/}; done; exit $code";
        return new ChildJvm().under("unshare", "--mount", "sh", "-c", script, "sh");
    }

    @Test
    void storePathOf200CharactersWorks() throws Exception {
        String padding = "x".repeat(200 - folder.toString().length() - 1);
        Path store = folder.resolve(padding);
        assertThat(store.toString()).hasSize(200);
        EngineOptions options = EngineOptions.defaults().withStore(store).withImages(List.of(FixtureImages.busybox()));
        try (Engine engine = Engine.open(options);
                Container container =
                        engine.start(ContainerSpec.of("busybox:1").withCommand("sh", "-c", "echo deep > /x; cat /x"))) {
            container.waitForExit(Duration.ofSeconds(20));
            assertThat(container.logs()).isEqualTo("deep\n");
            assertThat(container.diff()).hasSize(1);
            container.commit("deep:1");
        }
    }

    @Test
    void storeOfAnOlderVersionIsTakenOver() throws Exception {
        Path store = Files.createDirectories(folder.resolve("store"));
        Files.writeString(store.resolve("version"), "2\n");

        Engine.open(EngineOptions.defaults().withStore(store)).close();

        assertThat(store.resolve("version")).hasContent("3");
    }

    @Test
    void unknownImageIsNamedAsItWasWritten() {
        EngineOptions options =
                EngineOptions.defaults().withStore(folder.resolve("store")).withImages(List.of(FixtureImages.probe()));
        ContainerSpec spec = ContainerSpec.of("example.org/team/app:2");
        String begin = "The image example.org/team/app:2 is not in the store " + folder.resolve("store")
                + ", nor is it in " + FixtureImages.probe() + ", and it is not pulled: ";
        String end =
                ". Load it with mvn bivouac:load -Dbivouac.archive=FILE, or name a layout or archive that holds it with"
                        + " -Dbivouac.images=PATH.";
        try (Engine engine = Engine.open(options)) {
            assertThatThrownBy(() -> engine.start(spec.withPullPolicy(PullPolicy.NEVER)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage(begin + "its pull policy says never" + end);
        }
        try (Engine engine = Engine.open(options.withOffline(true))) {
            assertThatThrownBy(() -> engine.start(spec))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage(begin + "bivouac.offline is set" + end);
        }
    }

    @Test
    void malformedReferenceIsTheCallersError() {
        assertThatThrownBy(() -> ContainerSpec.of("Postgres:15"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "'Postgres:15' is not an image reference: the repository must be lower case: letters, digits, and"
                                + " single separators '.', '_', '-', '/' between them.");
    }

    @Test
    void imagesSourceThatDoesNotExistIsNamed() {
        try (Engine engine = Engine.open(EngineOptions.defaults()
                .withStore(folder.resolve("store"))
                .withImages(List.of(folder.resolve("nowhere"))))) {
            assertThatThrownBy(() -> engine.start(ContainerSpec.of("any:1")))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("Looking for the image any:1 failed: bivouac.images names " + folder.resolve("nowhere")
                            + ", which does not exist.");
        }
    }

    @Test
    void commandThatIsNotInTheImageIsNamed() {
        assertThatThrownBy(() -> Engines.shared()
                        .start(ContainerSpec.of("busybox:1").withName("c").withCommand("psql")))
                .isInstanceOf(ContainerException.class)
                .hasMessage(
                        "Starting the container c (image busybox:1) failed: the command 'psql' was not found in the image: it"
                                + " is in no folder of PATH.");
        assertThatThrownBy(() -> Engines.shared()
                        .start(ContainerSpec.of("probe:1").withName("c").withEntrypoint("/bin/sh", "-c", "true")))
                .hasMessage(
                        "Starting the container c (image probe:1) failed: the command '/bin/sh' does not exist in the image,"
                                + " or the interpreter it names does not.");
        assertThat(Engines.shared().containers()).extracting(Container::name).doesNotContain("c");
    }

    @Test
    void missingBindSourceIsNamed() {
        ContainerSpec spec = ContainerSpec.of("probe:1").withName("c").withBind(folder.resolve("none"), "/data");

        assertThatThrownBy(() -> Engines.shared().start(spec))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Starting the container c (image probe:1) failed: the bind source " + folder.resolve("none")
                        + " cannot be opened: no such file or directory (ENOENT). Make it before the start.");
    }

    @Test
    void bindsAreSeenAndKeptReadOnly() throws Exception {
        Files.writeString(folder.resolve("given"), "from the host\n");
        ContainerSpec spec = ContainerSpec.of("busybox:1")
                .withCommand("sh", "-c", "cat /ro/given; echo back > /rw/result; touch /ro/x")
                .withReadOnlyBind(folder, "/ro")
                .withBind(folder, "/rw");
        try (Container container = Engines.shared().start(spec)) {
            container.waitForExit(Duration.ofSeconds(20));
            assertThat(container.logs()).isEqualTo("from the host\ntouch: /ro/x: Read-only file system\n");
        }
        assertThat(folder.resolve("result")).hasContent("back\n");
    }

    @Test
    void closedEngineSaysSo() {
        Engine engine = Engine.open(EngineOptions.defaults().withStore(folder.resolve("store")));
        engine.close();
        engine.close();

        assertThatThrownBy(() -> engine.start(ContainerSpec.of("probe:1")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("The engine is closed: open a new one.");
    }

    @Test
    void closingAnEngineEndsWhatWaitsForItsContainers() throws Exception {
        Engine engine = Engine.open(
                EngineOptions.defaults().withStore(folder.resolve("store")).withImages(List.of(FixtureImages.probe())));
        Container container = engine.start(ContainerSpec.of("probe:1").withName("c"));
        CompletableFuture<ExitStatus> waiting = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                waiting.complete(container.waitForExit(Duration.ofMinutes(2)));
            } catch (RuntimeException e) {
                waiting.completeExceptionally(e);
            }
        });
        thread.start();
        await().until(() -> thread.getState() == Thread.State.TIMED_WAITING || waiting.isDone());
        engine.close();

        assertThatThrownBy(() -> waiting.get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("The container c (image probe:1) was closed while its end was waited for.");
    }
}
