package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers are unpacked at the same time, and still one on top of the other. */
class LayerStackTests {
    /** Takes longer than the layers above it need to get to where they have to wait. */
    private static final byte[] SLOW = new byte[64 << 20];

    static {
        new Random(1).nextBytes(SLOW);
    }

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private Engine engine(SmallImages.Layer... layers) throws Exception {
        Path layout = SmallImages.write(Files.createDirectory(folder.resolve("layout")), "stack:1", layers);
        Engine engine = Engine.open(EngineOptions.defaults().withStore(folder.resolve("store")));
        engine.images().load(layout);
        return engine;
    }

    @Test
    void whatALayerNeedsOfThoseBelowItIsAwaited() throws Exception {
        byte[] busybox = Files.readAllBytes(Path.of("/bin/busybox"));
        try (Engine engine = engine(
                        tar -> tar.file("busybox", 0755, busybox)
                                .file("slow", 0644, SLOW)
                                .folder("private", 0710)
                                .folder("usr", 0755)
                                .folder("usr/lib", 0755)
                                .symlink("lib", "usr/lib")
                                .file("original", 0604, "linked\n")
                                .file("gone", 0644, "removed")
                                .folder("hidden", 0755)
                                .file("hidden/old", 0644, "old"),
                        tar -> tar.file("private/new", 0644, "in a folder of the layer below\n"),
                        tar -> tar.file("lib/new", 0644, "through a link of the layer below\n"),
                        tar -> tar.folder("own", 0755).hardLink("own/link", "original"),
                        tar -> tar.file(".wh.gone", 0644, ""),
                        tar -> tar.file("hidden/.wh..wh..opq", 0644, "").file("hidden/new", 0644, "new\n"),
                        tar -> tar.folder("independent", 0755).file("independent/file", 0644, "needs nothing\n"));
                Container container = engine.start(ContainerSpec.of("stack:1"))) {
            String script = "/busybox cat /private/new /usr/lib/new /own/link /hidden/new /independent/file;"
                    + " for i in /gone /hidden/old; do [ ! -e $i ] || echo $i; done; /busybox stat -c %a /private";

            assertThat(container.exec("/busybox", "sh", "-c", script).stdout()).isEqualTo("""
                    in a folder of the layer below
                    through a link of the layer below
                    linked
                    new
                    needs nothing
                    710
                    """);
        }
    }

    @Test
    void failureOfALayerIsToldAndNotThatOthersWaitedForIt() throws Exception {
        try (Engine engine = engine(
                tar -> tar.file("slow", 0644, SLOW).file("../x", 0644, ""),
                tar -> tar.file(".wh.probe", 0644, ""),
                tar -> tar.file("slow/x", 0644, ""))) {
            assertThatThrownBy(() -> engine.start(ContainerSpec.of("stack:1")))
                    .hasMessageStartingWith("Unpacking the image stack:1 failed: layer sha256:")
                    .hasMessageContaining(": the name of an entry leads out of the layer: ../x");
        }
    }
}
