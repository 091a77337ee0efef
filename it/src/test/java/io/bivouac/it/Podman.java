package io.bivouac.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** Podman as an oracle: it runs what we wrote, in a storage of its own. */
final class Podman {
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");

    private Podman() {}

    /** Runs a command in a container of the image and removes what podman leaves. */
    static Commands.Result run(Path folder, String image, String... command) throws IOException, InterruptedException {
        String parent = "bivouac-it-" + ProcessHandle.current().pid();
        List<String> global = List.of(
                "podman",
                "--root",
                folder.resolve("podman").toString(),
                "--runroot",
                folder.resolve("podman-run").toString(),
                "--tmpdir",
                folder.resolve("podman-tmp").toString(),
                "--storage-driver",
                "vfs",
                "--cgroup-manager",
                "cgroupfs",
                // crun refuses hybrid hosts.
                "--runtime",
                "runc");
        List<String> line = new ArrayList<>(global);
        line.addAll(List.of("run", "--rm", "--network", "none", "--cgroup-parent", "/" + parent));
        // Podman asks for more than root may have where it lacks CAP_SYS_RESOURCE.
        line.addAll(List.of("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", image));
        line.addAll(Arrays.asList(command));
        try {
            return Commands.run(line);
        } finally {
            List<String> reset = new ArrayList<>(global);
            reset.addAll(List.of("system", "reset", "--force"));
            Commands.run(reset);
            removeGroups(parent);
        }
    }

    /** Its monitor has a group of its own inside and takes a moment to end. */
    private static void removeGroups(String parent) throws IOException {
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
