package io.bivouac.it.bench;

import io.bivouac.engine.json.Json;
import io.bivouac.fixtures.FixtureImages;
import io.bivouac.fixtures.Programs;
import io.bivouac.it.Commands;
import io.bivouac.it.Podman;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Other programs that isolate one, each running a program that ends at once: those that are installed. */
final class CommandBenchmark implements Benchmark {
    private final Path folder;
    private final List<Peer> peers = new ArrayList<>();
    private @Nullable Podman podman;

    /**
     * A program.
     *
     * @param name of the row
     * @param times a turn
     */
    private record Peer(String name, int times, List<String> command) {}

    CommandBenchmark(Path folder) {
        this.folder = folder;
    }

    @Override
    public String name() {
        return "peers";
    }

    @Override
    public void measure(Report report) throws Exception {
        if (peers.isEmpty()) {
            prepare(report);
        }
        String laps = Programs.laps(folder).toString();
        for (Peer peer : peers) {
            List<String> command = new ArrayList<>(List.of(laps, Integer.toString(peer.times)));
            command.addAll(peer.command);
            Commands.Result result = Commands.run(command);
            if (result.code() != 0) {
                throw new IOException(peer.name + " failed: " + result.output());
            }
            result.output().lines().forEach(line -> report.addNanos(peer.name, Long.parseLong(line)));
        }
    }

    private void prepare(Report report) throws IOException, InterruptedException {
        Path floor = folder.resolve("floor.d");
        Commands.run(Programs.floor(folder).toString(), floor.toString(), "0");
        String root = floor.resolve("lower").toString();
        add(report, new Peer("unshare + chroot", 20, List.of("unshare", "-mpnuif", "chroot", root, "/true")));
        add(
                report,
                new Peer(
                        "bubblewrap",
                        20,
                        List.of(
                                "bwrap",
                                "--unshare-all",
                                "--bind",
                                root,
                                "/",
                                "--proc",
                                "/proc",
                                "--dev",
                                "/dev",
                                "/true")));
        Path bundle = Files.createDirectories(folder.resolve("bundle"));
        add(
                report,
                new Peer(
                        "runc run",
                        10,
                        List.of(
                                "runc",
                                "--root",
                                folder.resolve("runc").toString(),
                                "run",
                                "--bundle",
                                bundle.toString(),
                                "bivouac-bench")));
        if (isInstalled("runc")) {
            configure(bundle, root);
        }
        if (isInstalled("podman")) {
            podman = new Podman(folder);
            String image = podman.pull("oci:" + FixtureImages.probe() + ":probe:1");
            peers.add(new Peer("podman run --rm --network none", 2, podman.runLine(image, "exit", "0")));
        } else {
            report.missing("podman run", "podman is not installed");
        }
    }

    private void add(Report report, Peer peer) {
        String program = peer.command.get(0);
        if (isInstalled(program)) {
            peers.add(peer);
        } else {
            report.missing(peer.name, program + " is not installed");
        }
    }

    static void time(Report report, String row, List<String> command) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        Commands.output(command);
        report.addNanos(row, System.nanoTime() - begin);
    }

    static boolean isInstalled(String program) {
        for (String path :
                System.getenv().getOrDefault("PATH", "/usr/bin:/usr/sbin").split(":", -1)) {
            if (Files.isExecutable(Path.of(path, program))) {
                return true;
            }
        }
        return false;
    }

    /** runc's own default configuration, for our program and without a terminal. */
    private static void configure(Path bundle, String root) throws IOException, InterruptedException {
        Path file = bundle.resolve("config.json");
        Files.deleteIfExists(file);
        Commands.run("runc", "spec", "--bundle", bundle.toString());
        Map<String, @Nullable Object> config = new LinkedHashMap<>(Json.parseObject(Files.readAllBytes(file)));
        Map<Object, @Nullable Object> process = new LinkedHashMap<>((Map<?, ?>) config.get("process"));
        process.put("terminal", false);
        process.put("args", List.of("/true"));
        process.remove("rlimits");
        config.put("process", process);
        config.put("root", Map.of("path", root, "readonly", true));
        Files.write(file, Json.write(config));
    }

    @Override
    public void close() throws Exception {
        if (podman != null) {
            podman.close();
        }
    }
}
