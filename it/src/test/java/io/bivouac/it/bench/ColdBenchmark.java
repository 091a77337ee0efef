package io.bivouac.it.bench;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.fixtures.FixtureImages;
import io.bivouac.it.Commands;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The first container of a JVM that has just started: engine, session and warden included, the image unpacked. */
final class ColdBenchmark implements Benchmark {
    static final String FIRST = "first container of a cold JVM";
    static final String PROCESS = "the same from the start of the process";
    static final String EMPTY = "floor: a JVM that does nothing";

    private static final int TIMES = 4;

    private final Path store;

    ColdBenchmark(Path folder) {
        store = folder.resolve("store-cold");
    }

    @Override
    public String name() {
        return "cold";
    }

    @Override
    public void measure(Report report) throws Exception {
        run(FixtureImages.probe().toString());
        for (int i = 0; i < TIMES; i++) {
            long begin = System.nanoTime();
            long[] times = run("");
            report.addNanos(FIRST, times[1] - times[0]);
            report.addNanos(PROCESS, times[1] - begin);
            begin = System.nanoTime();
            report.addNanos(EMPTY, run()[0] - begin);
        }
    }

    /** In a JVM of its own; its clock is this one's. */
    private long[] run(String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ColdBenchmark.class.getName()));
        if (more.length > 0) {
            command.add(store.toString());
            command.addAll(List.of(more));
        }
        Commands.Result result = Commands.run(command);
        if (result.code() != 0) {
            throw new IOException("a cold JVM failed: " + result.output());
        }
        String[] lines = result.output().strip().split("\n", -1);
        long[] times = new long[lines.length];
        for (int i = 0; i < lines.length; i++) {
            times[i] = Long.parseLong(lines[i]);
        }
        return times;
    }

    /**
     * Says when it began and when its container was started.
     *
     * @param arguments a store and a layout or nothing; none at all to do nothing
     */
    public static void main(String[] arguments) {
        long begin = System.nanoTime();
        if (arguments.length == 0) {
            System.out.println(begin);
            return;
        }
        EngineOptions options = EngineOptions.defaults().withStore(Path.of(arguments[0]));
        if (!arguments[1].isEmpty()) {
            options = options.withImages(List.of(Path.of(arguments[1])));
        }
        try (Engine engine = Engine.open(options)) {
            Container container = engine.start(ContainerSpec.of("probe:1"));
            long started = System.nanoTime();
            container.close();
            System.out.println(begin);
            System.out.println(started);
        }
    }
}
