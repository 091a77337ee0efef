package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.fixtures.FixtureImages;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SmallHeapTests {
    /** Layers pass in blocks, whatever their size. */
    @Test
    void sixtyFourMegabytesSufficeToUnpack(@TempDir Path folder) throws Exception {
        try (Child child = new ChildJvm()
                .option("-Xmx64m")
                .start(
                        OneStart.class,
                        folder.resolve("store").toString(),
                        FixtureImages.postgres().toString(),
                        "postgres:15",
                        "cat",
                        "/etc/debian_version")) {
            assertThat(child.join()).as(child.output()).isZero();
            assertThat(child.output()).contains("started 12.");
        }
    }
}
