package io.bivouac.it.bench;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.fixtures.FixtureImages;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Starts, commands and ends in a warm session, one after the other. */
final class StartBenchmark implements Benchmark {
    static final String START = "start";
    static final String EXEC = "exec";
    static final String CLOSE = "close";
    static final String CYCLE = "start + exit + discard";

    private static final int TIMES = 60;
    private static final int WARM_UP = 60;
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final ContainerSpec SLEEPER = ContainerSpec.of("probe:1");
    private static final ContainerSpec ENDING = SLEEPER.withCommand("exit", "0");

    private final Engine engine;
    private boolean warm;

    StartBenchmark(Path folder) {
        engine = Engine.open(
                EngineOptions.defaults().withStore(folder.resolve("store")).withImages(List.of(FixtureImages.probe())));
    }

    @Override
    public String name() {
        return "start";
    }

    @Override
    public void measure(Report report) {
        if (!warm) {
            Report ignored = new Report();
            for (int i = 0; i < WARM_UP; i++) {
                once(ignored);
            }
            warm = true;
        }
        for (int i = 0; i < TIMES; i++) {
            once(report);
        }
    }

    private void once(Report report) {
        long begin = System.nanoTime();
        Container container = engine.start(SLEEPER);
        long started = System.nanoTime();
        container.exec("/probe", "exit", "0");
        long ran = System.nanoTime();
        container.close();
        long closed = System.nanoTime();
        report.addNanos(START, started - begin);
        report.addNanos(EXEC, ran - started);
        report.addNanos(CLOSE, closed - ran);

        begin = System.nanoTime();
        try (Container ending = engine.start(ENDING)) {
            ending.waitForExit(LIMIT);
        }
        report.addNanos(CYCLE, System.nanoTime() - begin);
    }

    @Override
    public void close() {
        engine.close();
    }
}
