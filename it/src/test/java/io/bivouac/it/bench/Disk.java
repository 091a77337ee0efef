package io.bivouac.it.bench;

import io.bivouac.it.Commands;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What is measured on a disk finds it idle, and nobody waits for what others have written. */
final class Disk {
    private Disk() {}

    /** Returns when everything that was written to the folder's file system is on its disk. */
    static void settle(Path folder) throws IOException, InterruptedException {
        Commands.output(List.of("sync", "--file-system", folder.toString()));
    }

    /** Measures a command on it. */
    static void time(Path folder, Report report, String row, List<String> command)
            throws IOException, InterruptedException {
        settle(folder);
        CommandBenchmark.time(report, row, command);
    }
}
