package io.bivouac.it.bench;

import io.bivouac.fixtures.Programs;
import io.bivouac.it.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The least a start can cost: see {@code floor.c}. */
final class FloorBenchmark implements Benchmark {
    static final String EXECUTED = "floor: executed";
    static final String CYCLE = "floor: start + exit";
    static final String DISCARDED = "floor: start + exit + discard";
    static final String WITH_GROUP = "floor with a v2 group: start + exit";

    private static final int TURNS = 60;
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");
    private static final Path HYBRID = CGROUPS.resolve("unified");

    private final Path folder;

    FloorBenchmark(Path folder) {
        this.folder = folder;
    }

    @Override
    public String name() {
        return "floor";
    }

    @Override
    public void measure(Report report) throws Exception {
        for (String line : run(List.of())) {
            String[] nanos = line.split(" ", -1);
            report.addNanos(EXECUTED, Long.parseLong(nanos[0]));
            report.addNanos(CYCLE, Long.parseLong(nanos[1]));
            report.addNanos(DISCARDED, Long.parseLong(nanos[2]));
        }
        Path hierarchy = Files.isDirectory(HYBRID) ? HYBRID : CGROUPS;
        if (!Files.exists(hierarchy.resolve("cgroup.procs")) || Files.exists(hierarchy.resolve("tasks"))) {
            report.missing(WITH_GROUP, "no v2 hierarchy");
            return;
        }
        Path group =
                hierarchy.resolve("bivouac-floor-" + ProcessHandle.current().pid());
        Files.createDirectory(group);
        try {
            for (String line : run(List.of(group.toString()))) {
                report.addNanos(WITH_GROUP, Long.parseLong(line.split(" ", -1)[1]));
            }
        } finally {
            Files.delete(group);
        }
    }

    private List<String> run(List<String> more) throws IOException, InterruptedException {
        Path program = Programs.floor(folder);
        List<String> command = new ArrayList<>(
                List.of(program.toString(), folder.resolve("floor.d").toString(), Integer.toString(TURNS)));
        command.addAll(more);
        Commands.Result result = Commands.run(command);
        if (result.code() != 0) {
            throw new IOException("the floor program failed: " + result.output());
        }
        return result.output().lines().toList();
    }
}
