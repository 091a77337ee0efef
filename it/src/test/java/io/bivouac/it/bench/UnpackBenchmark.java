package io.bivouac.it.bench;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.fixtures.FixtureImages;
import io.bivouac.it.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The postgres fixture from a layout to unpacked layers, beside {@code gzip} alone, which is the floor, and umoci. Nothing is removed
 * before the last turn, as in {@link CarryBenchmark}.
 */
final class UnpackBenchmark implements Benchmark {
    static final String OURS = "load + unpack postgres";
    static final String GZIP = "gzip -dc of its layers";
    static final String UMOCI = "umoci unpack";
    static final String COMMIT = "commit of 100 MB changed";

    private final Path folder;
    private int number;

    UnpackBenchmark(Path folder) {
        this.folder = folder.resolve("unpack");
    }

    @Override
    public String name() {
        return "unpack";
    }

    @Override
    public int turns() {
        return 3;
    }

    @Override
    public void measure(Report report) throws Exception {
        Path layout = FixtureImages.postgres();
        Path work = Files.createDirectories(folder.resolve(Integer.toString(number++)));
        unpack(report, layout, work.resolve("store"));
        String script = "for blob in \"$1\"/*; do gzip -dc \"$blob\" > /dev/null 2>&1; done; true";
        Disk.time(
                folder,
                report,
                GZIP,
                List.of("sh", "-c", script, "sh", layout.resolve("blobs/sha256").toString()));
        if (CommandBenchmark.isInstalled("umoci")) {
            Disk.time(
                    folder,
                    report,
                    UMOCI,
                    List.of(
                            "umoci",
                            "unpack",
                            "--image",
                            layout + ":postgres:15",
                            work.resolve("umoci").toString()));
        } else {
            report.missing(UMOCI, "umoci is not installed");
        }
    }

    private void unpack(Report report, Path layout, Path store) throws IOException, InterruptedException {
        Disk.settle(folder);
        try (Engine engine = Engine.open(EngineOptions.defaults().withStore(store))) {
            long begin = System.nanoTime();
            engine.images().load(layout);
            ContainerSpec spec = ContainerSpec.of("postgres:15").withEntrypoint("sleep", "1000");
            try (Container container = engine.start(spec)) {
                report.addNanos(OURS, System.nanoTime() - begin);
                container.exec("sh", "-c", "head -c 100000000 /dev/urandom > /changed");
                Disk.settle(folder);
                long commit = System.nanoTime();
                container.commit("bench/commit:1");
                report.addNanos(COMMIT, System.nanoTime() - commit);
            }
        }
    }

    @Override
    public void close() throws Exception {
        Commands.output(List.of("rm", "-rf", folder.toString()));
    }
}
