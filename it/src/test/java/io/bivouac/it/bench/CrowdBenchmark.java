package io.bivouac.it.bench;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.fixtures.FixtureImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** 500 containers alive at once in one session. */
final class CrowdBenchmark implements Benchmark {
    static final String RATE = "500 alive: starts a second";
    static final String MEMORY = "500 alive: our processes, each container";
    static final String LAST = "500 alive: one more start";

    private static final int SIZE = 500;
    private static final int MORE = 20;

    private final Path folder;

    CrowdBenchmark(Path folder) {
        this.folder = folder;
    }

    @Override
    public String name() {
        return "crowd";
    }

    @Override
    public int turns() {
        return 2;
    }

    @Override
    public void measure(Report report) throws IOException {
        EngineOptions options =
                EngineOptions.defaults().withStore(folder.resolve("store")).withImages(List.of(FixtureImages.probe()));
        try (Engine engine = Engine.open(options)) {
            engine.start(ContainerSpec.of("probe:1")).close();
            long before = memory();
            long begin = System.nanoTime();
            for (int i = 0; i < SIZE; i++) {
                engine.start(ContainerSpec.of("probe:1"));
            }
            if (engine.containers().size() != SIZE) {
                throw new IOException("only " + engine.containers().size() + " containers are alive");
            }
            report.add(RATE, "1/s", SIZE / ((System.nanoTime() - begin) / 1e9));
            report.add(MEMORY, "KiB", (memory() - before) / (double) SIZE);
            for (int i = 0; i < MORE; i++) {
                begin = System.nanoTime();
                Container last = engine.start(ContainerSpec.of("probe:1"));
                report.addNanos(LAST, System.nanoTime() - begin);
                last.close();
            }
        }
    }

    /** The proportional set size, in KiB, of guardian, warden, monitors and proxies below this process; see proc_pid_smaps(5). */
    private static long memory() throws IOException {
        long sum = 0;
        try (Stream<ProcessHandle> below = ProcessHandle.current().descendants()) {
            for (ProcessHandle process : below.toList()) {
                Path folder = Path.of("/proc", Long.toString(process.pid()));
                if (isOurs(folder)) {
                    sum += proportionalSize(folder);
                }
            }
        }
        return sum;
    }

    private static boolean isOurs(Path process) {
        try {
            return Files.readString(process.resolve("comm")).startsWith("bivouac-");
        } catch (IOException e) {
            return false;
        }
    }

    private static long proportionalSize(Path process) throws IOException {
        try {
            Optional<String> line = Files.readAllLines(process.resolve("smaps_rollup")).stream()
                    .filter(candidate -> candidate.startsWith("Pss:"))
                    .findFirst();
            return Long.parseLong(line.orElse("0").replaceAll("\\D", ""));
        } catch (IOException e) {
            if (isOurs(process)) {
                throw e;
            }
            // A worker that has answered ends, and holds nothing then.
            return 0;
        }
    }
}
