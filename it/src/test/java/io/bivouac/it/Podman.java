package io.bivouac.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;

/** Podman as an oracle and a peer, in a storage of its own. Closing removes whatever it leaves. */
public final class Podman implements AutoCloseable {
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");

    private final List<String> global;
    private final String parent = "bivouac-it-" + ProcessHandle.current().pid();

    /**
     * Makes a storage that copies, which works everywhere.
     *
     * @param folder for it
     */
    public Podman(Path folder) {
        this(folder, "vfs");
    }

    /**
     * Makes a storage.
     *
     * @param driver how its layers are kept
     */
    public Podman(Path folder, String driver) {
        global = List.of(
                "podman",
                "--root",
                folder.resolve("podman").toString(),
                "--runroot",
                folder.resolve("podman-run").toString(),
                "--tmpdir",
                folder.resolve("podman-tmp").toString(),
                "--storage-driver",
                driver,
                "--cgroup-manager",
                "cgroupfs",
                // crun refuses hybrid hosts.
                "--runtime",
                "runc");
    }

    /** The line that runs a command in a container of the image. */
    public List<String> runLine(String image, String... command) {
        List<String> line = new ArrayList<>(global);
        line.addAll(List.of("run", "--rm", "--network", "none", "--cgroup-parent", "/" + parent));
        // Podman asks for more than root may have where it lacks CAP_SYS_RESOURCE.
        line.addAll(List.of("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", image));
        line.addAll(Arrays.asList(command));
        return line;
    }

    /** Takes an image into the storage: its id. */
    public String pull(String image) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(global);
        line.addAll(List.of("pull", "--quiet", image));
        return Commands.run(line).output().strip();
    }

    /** Runs any of its commands, which must succeed: what it says. */
    public String succeed(String... arguments) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(global);
        line.addAll(Arrays.asList(arguments));
        Commands.Result result = Commands.run(line);
        Assertions.assertThat(result.code()).as(result.output()).isZero();
        return result.output().strip();
    }

    @Override
    public void close() throws IOException {
        List<String> reset = new ArrayList<>(global);
        reset.addAll(List.of("system", "reset", "--force"));
        try {
            Commands.run(reset);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        removeGroups();
    }

    /** Its monitor has a group of its own inside and takes a moment to end. */
    private void removeGroups() throws IOException {
        try (Stream<Path> hierarchies = Files.list(CGROUPS)) {
            for (Path hierarchy : Stream.concat(Stream.of(CGROUPS), hierarchies).toList()) {
                Path group = hierarchy.resolve(parent);
                Awaitility.await().ignoreExceptions().until(() -> {
                    Files.deleteIfExists(group.resolve("conmon"));
                    Files.deleteIfExists(group);
                    return true;
                });
            }
        }
    }
}
