package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What engines leave on a host: a picture of it before, another one after, and every difference by name. Looked at: processes,
 * namespaces, mounts in any process's view, control groups, sessions of the store, sockets, network interfaces.
 */
final class Traces {
    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final Duration PAUSE = Duration.ofMillis(20);
    /** Of a look at everything, however slow. */
    private static final Duration LONGEST = Duration.ofMinutes(2);

    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");
    private static final int CGROUP_DEPTH = 5;
    private static final Path PROC = Path.of("/proc");

    private final Path store;
    private final Set<String> before;
    /** Words that make a difference ours; without any, all are. */
    private final Set<String> ours = new HashSet<>();

    private final boolean alone;

    private Traces(Path store, boolean alone) {
        this.store = store;
        this.alone = alone;
        this.before = picture();
    }

    /** On a host where others work too: what {@link #note(long)} has seen counts. */
    static Traces of(Path store) {
        return new Traces(store, false);
    }

    /** In namespaces and control groups of our own: every difference counts. */
    static Traces everywhere(Path store) {
        return new Traces(store, true);
    }

    /** Remembers what a process has started until now, and the sessions of the store; the process itself may stay. */
    void note(long root) throws IOException {
        for (ProcessTree.Found process : ProcessTree.below(root)) {
            if (process.pid() != root) {
                // Its namespaces live as long as it does, and their numbers are given to others then.
                ours.add(describe(process));
            }
        }
        noteSessions();
    }

    /** Remembers the sessions of the store, whose names are in most of what belongs to them. */
    void noteSessions() throws IOException {
        sessions().forEach(name -> ours.add(name.replace(".lock", "")));
    }

    /** Every difference there is now. */
    List<String> differences() {
        return differences(difference -> true);
    }

    /** Processes that are there now and were not before. */
    List<String> processes() {
        return differences(difference -> difference.startsWith("process "));
    }

    private List<String> differences(Predicate<String> wanted) {
        return picture().stream()
                .filter(difference -> !before.contains(difference))
                .filter(difference -> alone
                        || difference.startsWith("interface ")
                        || ours.stream().anyMatch(difference::contains))
                .filter(wanted)
                .toList();
    }

    void awaitNone() {
        await().atMost(LONGEST).pollInterval(PAUSE).until(withinLimit(this::differences));
    }

    void awaitNoProcess() {
        await().atMost(LONGEST).pollInterval(PAUSE).until(withinLimit(this::processes));
    }

    /**
     * The limit is for what is looked for and not for the looking, which takes its time on a host that has much to do: what a look
     * finds that began in time may be gone at the next one.
     */
    private static Callable<Boolean> withinLimit(Supplier<List<String>> look) {
        long end = System.nanoTime() + LIMIT.toNanos();
        return () -> {
            boolean last = System.nanoTime() >= end;
            List<String> found = look.get();
            if (last) {
                assertThat(found).isEmpty();
            }
            return found.isEmpty();
        };
    }

    private Set<String> picture() {
        try {
            Set<String> picture = new LinkedHashSet<>();
            for (ProcessTree.Found process : ProcessTree.all()) {
                picture.add(describe(process));
                picture.addAll(namespaces(process));
                picture.addAll(mounts(process));
            }
            groups().forEach(group -> picture.add("group " + group));
            sessions().forEach(name -> picture.add("session " + name));
            picture.addAll(sockets());
            names(Path.of("/sys/class/net")).forEach(name -> picture.add("interface " + name));
            return picture;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String describe(ProcessTree.Found process) {
        return "process " + process.pid() + " (" + process.name() + ") started " + process.started();
    }

    private static List<String> namespaces(ProcessTree.Found process) {
        Path folder = PROC.resolve(process.pid() + "/ns");
        List<String> namespaces = new ArrayList<>();
        try {
            for (String name : names(folder)) {
                namespaces.add("namespace " + Files.readSymbolicLink(folder.resolve(name)));
            }
        } catch (IOException e) {
            // Gone meanwhile.
        }
        return namespaces;
    }

    /** Without ids and peer groups, which differ from namespace to namespace. */
    private static List<String> mounts(ProcessTree.Found process) {
        try {
            return Files.readAllLines(PROC.resolve(process.pid() + "/mountinfo"), StandardCharsets.ISO_8859_1).stream()
                    .map(line -> "mount "
                            + line.replaceFirst("^\\d+ \\d+ ", "").replaceFirst(" (master|shared):.* - ", " - "))
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** In the cage, those beneath this process's own. */
    private List<Path> groups() throws IOException {
        String wanted = (alone ? ownGroup() : "") + "/bivouac-";
        while (true) {
            try (Stream<Path> groups = Files.find(
                    CGROUPS,
                    CGROUP_DEPTH,
                    (path, attributes) ->
                            attributes.isDirectory() && path.toString().contains(wanted))) {
                return groups.toList();
            } catch (UncheckedIOException e) {
                // One vanished meanwhile: look again.
            }
        }
    }

    private static String ownGroup() throws IOException {
        return Files.readAllLines(PROC.resolve("self/cgroup")).stream()
                .map(line -> line.substring(line.lastIndexOf(':') + 1))
                .filter(group -> group.contains(Cage.GROUP))
                .findFirst()
                .orElse("");
    }

    private List<String> sessions() throws IOException {
        return names(store.resolve("sessions"));
    }

    private static List<String> sockets() throws IOException {
        List<String> sockets = new ArrayList<>();
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        Path folder = Path.of(runtime == null ? "/tmp" : runtime);
        names(folder).stream()
                .filter(name -> name.startsWith("bivouac-"))
                .forEach(name -> sockets.add("socket folder " + folder.resolve(name)));
        for (String line : Files.readAllLines(PROC.resolve("net/unix"), StandardCharsets.ISO_8859_1)) {
            if (line.contains("/bivouac-")) {
                sockets.add("socket " + line.substring(line.indexOf('/')));
            }
        }
        return sockets;
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }
}
