package io.bivouac.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Processes of the host as /proc shows them. */
final class ProcessTree {
    private ProcessTree() {}

    /**
     * A process.
     *
     * @param started in clock ticks since boot; with the pid it names a process for good
     */
    record Found(long pid, long parent, String name, long started) {
        /** Whether it still runs. One that is dead and waits for its parent to ask is gone. */
        boolean isAlive() {
            List<Found> now = read(pid);
            return now.size() == 1 && now.get(0).started == started;
        }
    }

    /** A process and all its descendants. */
    static List<Found> below(long root) throws IOException {
        List<Found> all = all();
        List<Found> tree = new ArrayList<>();
        collect(root, all, tree);
        return tree;
    }

    private static void collect(long pid, List<Found> all, List<Found> tree) {
        for (Found process : all) {
            if (process.pid == pid) {
                tree.add(process);
            } else if (process.parent == pid) {
                collect(process.pid, all, tree);
            }
        }
    }

    static List<Found> all() throws IOException {
        List<Found> processes = new ArrayList<>();
        try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
            entries.map(path -> path.getFileName().toString())
                    .filter(name -> name.matches("\\d+"))
                    .forEach(name -> processes.addAll(read(Long.parseLong(name))));
        }
        return processes;
    }

    /** Empty when it is gone, or dead. */
    private static List<Found> read(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            int open = stat.indexOf('(');
            int close = stat.lastIndexOf(')');
            String[] fields = stat.substring(close + 2).split(" ", -1);
            if (fields[0].equals("Z") || fields[0].equals("X")) {
                return List.of();
            }
            return List.of(new Found(
                    pid, Long.parseLong(fields[1]), stat.substring(open + 1, close), Long.parseLong(fields[19])));
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Processes that have a mount of this path in their namespace. */
    static List<String> mountsOf(String path) throws IOException {
        List<String> mounts = new ArrayList<>();
        for (Found process : all()) {
            try {
                for (String line : Files.readAllLines(
                        Path.of("/proc", Long.toString(process.pid), "mountinfo"), StandardCharsets.ISO_8859_1)) {
                    if (line.contains(path)) {
                        mounts.add(process + ": " + line);
                    }
                }
            } catch (IOException e) {
                // Gone meanwhile.
            }
        }
        return mounts;
    }
}
