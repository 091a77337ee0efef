package io.bivouac.it.bench;

import io.bivouac.it.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Docker as a peer, in a network and a mount namespace of its own, so that its bridge, its firewall rules and its mounts end
 * with it. What speaks to its published ports runs in that network namespace too.
 */
final class DockerDaemon implements AutoCloseable {
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path folder;
    private final Process process;
    private final String group = "bivouac-bench-" + ProcessHandle.current().pid();

    /**
     * Starts one and waits until it answers.
     *
     * @param folder for its data
     */
    DockerDaemon(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
        String script = "ip link set lo up && exec dockerd --host unix://" + socket() + " --data-root " + folder
                + "/data --exec-root " + folder + "/exec --pidfile " + folder + "/pid --cgroup-parent /" + group;
        process = new ProcessBuilder("unshare", "--net", "--mount", "sh", "-c", script)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> Commands.run(docker("version")).code() == 0);
    }

    private Path socket() {
        return folder.resolve("docker.sock");
    }

    /** A line of Docker's client. */
    List<String> docker(String... arguments) {
        // Debian's own client: the API of another may be too new for its daemon.
        List<String> line = new ArrayList<>(List.of("/usr/bin/docker", "--host", "unix://" + socket()));
        line.addAll(List.of(arguments));
        return line;
    }

    /** A line that runs another one where published ports are reached. */
    List<String> inNetwork(List<String> command) {
        List<String> line = new ArrayList<>(List.of(
                "nsenter",
                "--net=/proc/" + process.pid() + "/ns/net",
                "env",
                "DOCKER_HOST=unix://" + socket(),
                "TESTCONTAINERS_RYUK_DISABLED=true",
                // On a host that is a container itself it would start one more to find its gateway.
                "TESTCONTAINERS_HOST_OVERRIDE=localhost"));
        line.addAll(command);
        return line;
    }

    /** Loads a layout's image. */
    void load(Path layout, String name) throws IOException, InterruptedException {
        Path archive = folder.resolve("image.tar");
        Files.deleteIfExists(archive);
        Commands.Result copied = Commands.run(
                "skopeo", "copy", "--quiet", "oci:" + layout + ":" + name, "docker-archive:" + archive + ":" + name);
        Commands.Result loaded = Commands.run(docker("load", "--input", archive.toString()));
        if (copied.code() != 0 || loaded.code() != 0) {
            throw new IOException("Docker could not load " + name + ": " + copied.output() + loaded.output());
        }
    }

    @Override
    public void close() throws IOException {
        try {
            process.destroy();
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            removeGroups();
            Commands.run("rm", "-rf", folder.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private void removeGroups() throws IOException {
        try (Stream<Path> hierarchies = Files.list(CGROUPS)) {
            for (Path hierarchy : Stream.concat(Stream.of(CGROUPS), hierarchies).toList()) {
                Awaitility.await().ignoreExceptions().until(() -> {
                    Files.deleteIfExists(hierarchy.resolve(group));
                    return true;
                });
            }
        }
    }
}
