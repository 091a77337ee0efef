package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Images made to do harm, against the real unpacker. Whatever comes of them, nothing outside of their root is touched. */
class HostileLayerTests {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private static Path folder;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static Traces traces;

    @SuppressWarnings("NullAway.Init")
    private static Engine engine;

    @SuppressWarnings("NullAway.Init")
    private static Map<String, String> canary;

    @BeforeAll
    static void open() throws Exception {
        Path tree = Files.createDirectories(folder.resolve("canary/folder"));
        Files.writeString(tree.resolve("file"), "alive");
        Files.writeString(tree.resolve("../file"), "alive");
        Files.createSymbolicLink(tree.resolve("link"), Path.of("file"));
        canary = picture();
        traces = Traces.of(folder.resolve("store"));
        engine = Engine.open(EngineOptions.defaults().withStore(folder.resolve("store")));
    }

    /** Whatever touches a file changes one of these; the time of the last change of attributes cannot be set back. */
    private static Map<String, String> picture() throws IOException {
        Map<String, String> picture = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder.resolve("canary"))) {
            for (Path file : files.toList()) {
                Map<String, Object> attributes = new TreeMap<>(Files.readAttributes(
                        file, "unix:mode,uid,gid,ino,size,nlink,ctime", LinkOption.NOFOLLOW_LINKS));
                picture.put(file.toString(), attributes.toString());
            }
        }
        return picture;
    }

    static Stream<HostileLayer> layers() throws IOException {
        return Stream.of(
                        HostileNames.cases(),
                        HostileLinks.cases(),
                        HostileRemovals.cases(),
                        HostileHeaders.cases(),
                        HostileContents.cases())
                .flatMap(List::stream);
    }

    @Test
    void corpusIsLarge() throws IOException {
        assertThat(layers().map(HostileLayer::name))
                .hasSizeGreaterThanOrEqualTo(75)
                .doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("layers")
    void doesNoHarm(HostileLayer layer) throws Exception {
        String name = "hostile/" + NUMBER.incrementAndGet() + ":1";
        Path layout = layer.write(folder.resolve("image-" + NUMBER), name);
        engine.images().load(layout);
        try {
            if (layer.script().isPresent()) {
                assertThat(run(name, layer.script().get())).isEqualTo(layer.outcome());
            } else {
                assertThatThrownBy(() -> run(name, "true"))
                        .isInstanceOf(ConfigurationException.class)
                        .message()
                        .startsWith("Unpacking the image " + name + " failed: layer sha256:")
                        .satisfies(message -> assertThat(
                                        message.replaceFirst("^.* failed: layer sha256:[0-9a-f]{64}: ", ""))
                                .isEqualTo(layer.outcome() + "."));
            }
        } finally {
            engine.images().remove(name);
            SmallImages.delete(layout);
        }
    }

    private static String run(String image, String script) {
        ContainerSpec spec = ContainerSpec.of(image).withEntrypoint("/bin/busybox", "sh", "-c", "exec 2>&1; " + script);
        try (Container container = engine.start(spec)) {
            container.waitForExit(Duration.ofSeconds(30));
            return container.logs();
        }
    }

    static String canaryFolder() {
        return folder.resolve("canary").toString();
    }

    @AfterEach
    void canaryLives() throws IOException {
        assertThat(picture()).isEqualTo(canary);
    }

    /** Layers that were refused have left nothing, neither in the store nor on the host. */
    @AfterAll
    static void close() throws Exception {
        traces.noteSessions();
        engine.close();
        try (Stream<Path> mappings = Files.list(folder.resolve("store/layers"));
                Stream<Path> files = Files.walk(folder.resolve("store/blobs"))) {
            for (Path mapping : mappings.toList()) {
                try (Stream<Path> layers = Files.list(mapping)) {
                    assertThat(layers.map(layer -> layer.getFileName().toString()))
                            .containsExactly("scaffold");
                }
            }
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
        traces.awaitNone();
    }
}
