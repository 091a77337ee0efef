package io.bivouac.it.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Measures what starts cost, beside a floor and the peers that are installed, and prints a table. README's developers' section
 * has the commands.
 */
final class Benchmarks {
    private Benchmarks() {}

    /**
     * Measures, or compares the results of two runs.
     *
     * @param arguments a folder for images, stores and results
     */
    public static void main(String[] arguments) throws Exception {
        String compared = System.getProperty("bench.compare", "");
        if (!compared.isBlank()) {
            String[] files = compared.split(",", -1);
            System.out.print(Table.ofTwo(Report.read(Path.of(files[0])), Report.read(Path.of(files[1]))));
            return;
        }
        Path folder = Files.createDirectories(Path.of(arguments[0]).toAbsolutePath());
        List<Benchmark> benchmarks = selected(List.of(
                new FloorBenchmark(folder),
                new StartBenchmark(folder),
                new RootlessBenchmark(),
                new CommandBenchmark(folder),
                new ColdBenchmark(folder),
                new CrowdBenchmark(folder),
                new UnpackBenchmark(folder),
                new PostgresBenchmark(folder),
                new PullBenchmark(folder),
                new CarryBenchmark(folder),
                new TestcontainersBenchmark(folder)));
        Report report = new Report();
        run(benchmarks, report);
        Path results = folder.resolve("results.json");
        report.write(results);
        System.out.print(Table.of(report));
        System.out.println("Results: " + results);
    }

    private static List<Benchmark> selected(List<Benchmark> all) {
        String only = System.getProperty("bench.only", "");
        List<String> names = Arrays.asList(only.split(",", -1));
        return only.isBlank()
                ? all
                : all.stream()
                        .filter(benchmark -> names.contains(benchmark.name()))
                        .toList();
    }

    private static void run(List<Benchmark> benchmarks, Report report) throws Exception {
        int turns = benchmarks.stream().mapToInt(Benchmark::turns).max().orElse(0);
        try {
            for (int turn = 0; turn < turns; turn++) {
                for (Benchmark benchmark : benchmarks) {
                    if (turn < benchmark.turns()) {
                        System.err.println("turn " + (turn + 1) + " of " + turns + ": " + benchmark.name());
                        benchmark.measure(report);
                    }
                }
            }
        } finally {
            for (Benchmark benchmark : benchmarks) {
                benchmark.close();
            }
        }
    }
}
