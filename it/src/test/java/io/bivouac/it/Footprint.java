package io.bivouac.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What this JVM and the processes of its sessions hold at a moment: what must not grow with the number of starts. */
final class Footprint {
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");

    private final Map<String, Long> counts = new LinkedHashMap<>();
    private long memory;

    private Footprint() {}

    /**
     * Looks.
     *
     * @param store of the engine that is looked at
     */
    static Footprint of(Path store) throws IOException {
        Footprint footprint = new Footprint();
        footprint.counts.put("descriptors of the JVM", count(Path.of("/proc/self/fd")));
        for (ProcessTree.Found process : processesOf(store)) {
            footprint.add(process);
        }
        try (Stream<Path> sessions = Files.list(store.resolve("sessions"))) {
            for (Path session : sessions.filter(Files::isDirectory).toList()) {
                footprint.sum("folders of the session", inSession(session).size());
                footprint.sum("control groups", groups(session));
            }
        }
        return footprint;
    }

    /** Guardians and what they have started, of this store alone: other engines of this JVM have theirs. */
    private static List<ProcessTree.Found> processesOf(Path store) throws IOException {
        List<ProcessTree.Found> all = ProcessTree.below(ProcessHandle.current().pid());
        List<ProcessTree.Found> ours = new ArrayList<>();
        for (ProcessTree.Found process : all) {
            if (process.name().equals("bivouac-warden") && commandLine(process).contains(store.toString() + "/")) {
                ours.addAll(ProcessTree.below(process.parent()));
            }
        }
        ours.removeIf(process -> !process.name().startsWith("bivouac-"));
        return ours;
    }

    private static String commandLine(ProcessTree.Found process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
        } catch (IOException e) {
            return "";
        }
    }

    private void add(ProcessTree.Found process) throws IOException {
        Path folder = Path.of("/proc", Long.toString(process.pid()));
        try {
            long descriptors = count(folder.resolve("fd"));
            long mounts = lines(folder.resolve("mountinfo")).size();
            memory += lines(folder.resolve("smaps_rollup")).stream()
                    .filter(line -> line.startsWith("Pss:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
            sum("descriptors of " + process.name(), descriptors);
            sum("mounts of " + process.name(), mounts);
            sum("processes " + process.name(), 1);
        } catch (IOException e) {
            if (!hasGivenUpItsMemory(e) && process.isAlive()) {
                throw e;
            }
        }
    }

    /** On its way out a process has no memory to tell of a little before it counts as dead: ESRCH. */
    private static boolean hasGivenUpItsMemory(IOException e) {
        return e instanceof FileSystemException named && "No such process".equals(named.getReason());
    }

    private void sum(String name, long value) {
        counts.merge(name, value, Long::sum);
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    }

    /** What lies in a session's folder, but for the one that was made ahead of the next start. */
    static List<Path> inSession(Path session) throws IOException {
        List<Path> all = new ArrayList<>(children(session));
        madeAhead(all).ifPresent(all::remove);
        return all;
    }

    private static List<Path> children(Path folder) throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            return children.toList();
        }
    }

    private static Optional<Path> madeAhead(List<Path> folders) {
        return folders.stream().filter(Footprint::isMadeAhead).findFirst();
    }

    /** Nobody has written to it, no log either; an overlay may be mounted on it. Where containers write in memory, it is empty. */
    private static boolean isMadeAhead(Path folder) {
        String[] names = folder.toFile().list();
        return names != null
                && String.valueOf(folder.getFileName()).matches("[0-9a-f]{12}")
                && Set.of("upper", "work").containsAll(Set.of(names))
                && (names.length == 0 || isEmpty(folder.resolve("upper")));
    }

    private static boolean isEmpty(Path folder) {
        String[] names = folder.toFile().list();
        return names != null && names.length == 0;
    }

    private static long count(Path folder) throws IOException {
        return children(folder).size();
    }

    /** Of containers, but for the one that was made ahead. */
    private static long groups(Path session) throws IOException {
        String name = String.valueOf(session.getFileName());
        Path ahead = madeAhead(children(session)).orElse(session).getFileName();
        List<Path> parents = new ArrayList<>();
        try (Stream<Path> hierarchies = Files.list(CGROUPS)) {
            Stream.concat(Stream.of(CGROUPS), hierarchies)
                    .map(hierarchy -> hierarchy.resolve("bivouac-" + name))
                    .filter(Files::isDirectory)
                    .forEach(parents::add);
        }
        long groups = 0;
        for (Path parent : parents) {
            groups += children(parent).stream()
                    .filter(Files::isDirectory)
                    .filter(group -> !group.endsWith(ahead))
                    .count();
        }
        return groups;
    }

    /** Numbers of things, by name. */
    Map<String, Long> counts() {
        return counts;
    }

    long count(String name) {
        return counts.getOrDefault(name, 0L);
    }

    /** The counts with one of them set to another value. */
    Map<String, Long> with(String name, long value) {
        Map<String, Long> changed = new LinkedHashMap<>(counts);
        changed.put(name, value);
        return changed;
    }

    /** The proportional set size of our processes, in KiB; see proc_pid_smaps(5). */
    long memory() {
        return memory;
    }
}
