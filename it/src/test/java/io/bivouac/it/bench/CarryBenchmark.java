package io.bivouac.it.bench;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.fixtures.FixtureImages;
import io.bivouac.fixtures.LocalRegistry;
import io.bivouac.it.Commands;
import io.bivouac.it.Podman;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The postgres fixture from a registry on this host to a container that could start, and 100 MB changed in one to an image;
 * beside Docker, Podman, and skopeo with umoci. Docker's registry runs in its network namespace, on the same files.
 *
 * <p>Nothing is removed before the last turn: an ext4 without a journal makes new files two to three times as slowly for up to six
 * minutes after others were deleted ({@code recently_deleted} in fs/ext4/ialloc.c), and whoever came next would pay for it.
 */
final class CarryBenchmark implements Benchmark {
    static final String OURS = "pull + unpack postgres";
    static final String DOCKER = "docker pull postgres";
    static final String DOCKER_COMMIT = "docker commit of 100 MB changed";

    private static final String PODMAN = "podman pull postgres";
    private static final String SKOPEO = "skopeo copy + umoci unpack postgres";
    private static final String NAME = "/postgres:15";

    private final Path folder;
    private @Nullable LocalRegistry registry;
    private final Deque<AutoCloseable> kept = new ArrayDeque<>();
    private int number;

    CarryBenchmark(Path folder) {
        this.folder = folder.resolve("carry");
    }

    @Override
    public String name() {
        return "carry";
    }

    @Override
    public int turns() {
        return 3;
    }

    @Override
    public void measure(Report report) throws Exception {
        String reference = registry().name() + NAME;
        Path work = folder.resolve(Integer.toString(number++));
        ours(report, reference, work.resolve("store"));
        podman(report, reference, work);
        skopeo(report, reference, work);
        docker(report, work);
    }

    private LocalRegistry registry() throws IOException, InterruptedException {
        LocalRegistry known = registry;
        if (known == null) {
            known = LocalRegistry.start(data());
            registry = known;
            kept.push(known);
            try (Engine engine = Engine.open(EngineOptions.defaults().withStore(folder.resolve("store")))) {
                String id =
                        engine.images().load(FixtureImages.postgres()).get(0).id();
                engine.images().tag(id, known.name() + NAME);
                engine.images().push(known.name() + NAME);
                engine.images().remove(id);
            }
        }
        return known;
    }

    private Path data() {
        return folder.resolve("registry");
    }

    private void ours(Report report, String reference, Path store) throws IOException, InterruptedException {
        Disk.settle(folder);
        try (Engine engine = Engine.open(EngineOptions.defaults().withStore(store))) {
            long begin = System.nanoTime();
            engine.images().pull(reference);
            ContainerSpec spec = ContainerSpec.of(reference).withEntrypoint("sleep", "1000");
            try (Container container = engine.start(spec)) {
                report.addNanos(OURS, System.nanoTime() - begin);
                container.kill();
            }
        }
    }

    private void podman(Report report, String reference, Path work) throws Exception {
        if (!CommandBenchmark.isInstalled("podman")) {
            report.missing(PODMAN, "podman is not installed");
            return;
        }
        Podman podman = new Podman(work, "overlay");
        kept.push(podman);
        Disk.settle(folder);
        long begin = System.nanoTime();
        podman.succeed("pull", "--quiet", "--tls-verify=false", reference);
        report.addNanos(PODMAN, System.nanoTime() - begin);
    }

    private void skopeo(Report report, String reference, Path work) throws Exception {
        if (!CommandBenchmark.isInstalled("skopeo") || !CommandBenchmark.isInstalled("umoci")) {
            report.missing(SKOPEO, "skopeo or umoci is not installed");
            return;
        }
        String layout = work.resolve("layout") + ":postgres";
        Disk.settle(folder);
        long begin = System.nanoTime();
        Commands.output(List.of(
                "skopeo", "copy", "--quiet", "--src-tls-verify=false", "docker://" + reference, "oci:" + layout));
        Commands.output(List.of(
                "umoci", "unpack", "--image", layout, work.resolve("bundle").toString()));
        report.addNanos(SKOPEO, System.nanoTime() - begin);
    }

    private void docker(Report report, Path work) throws Exception {
        if (!Files.isExecutable(Path.of("/usr/sbin/dockerd")) || !CommandBenchmark.isInstalled("ip")) {
            report.missing(DOCKER, "docker.io or iproute2 is not installed");
            return;
        }
        DockerDaemon daemon = new DockerDaemon(work.resolve("docker"));
        kept.push(daemon);
        LocalRegistry reached = LocalRegistry.in(data())
                .withLauncher(daemon.inNetwork(List.of()))
                .start();
        kept.push(reached);
        docker(report, daemon, reached.name() + NAME);
    }

    private void docker(Report report, DockerDaemon daemon, String reference) throws Exception {
        Disk.time(folder, report, DOCKER, daemon.docker("pull", "--quiet", reference));
        String[] sleeper = {"run", "--detach", "--network", "none", "--entrypoint", "sleep", reference, "1000"};
        String id = Commands.output(daemon.docker(sleeper)).strip();
        Commands.output(daemon.docker("exec", id, "sh", "-c", "head -c 100000000 /dev/urandom > /changed"));
        Disk.time(folder, report, DOCKER_COMMIT, daemon.docker("commit", id, "bench/commit:1"));
        Commands.output(daemon.docker("kill", id));
    }

    @Override
    public void close() throws Exception {
        while (!kept.isEmpty()) {
            kept.pop().close();
        }
        Commands.output(List.of("rm", "-rf", folder.toString()));
    }
}
