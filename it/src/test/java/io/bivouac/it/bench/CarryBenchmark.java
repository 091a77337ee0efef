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
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The postgres fixture from a registry on this host to a container that could start, and 100 MB changed in one to an image;
 * beside Docker, Podman, and skopeo with umoci. Docker's registry runs in its network namespace, on the same files.
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
    private @Nullable Docker docker;
    private int number;

    /** A daemon and the registry that it reaches. */
    private record Docker(DockerDaemon daemon, LocalRegistry registry) {}

    CarryBenchmark(Path folder) {
        this.folder = folder;
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
        Path work = folder.resolve("carry-" + number++);
        ours(report, reference, work.resolve("store"));
        podman(report, reference, work);
        skopeo(report, reference, work);
        docker(report);
        Commands.output(List.of("rm", "-rf", work.toString()));
    }

    private LocalRegistry registry() throws IOException, InterruptedException {
        LocalRegistry known = registry;
        if (known == null) {
            known = LocalRegistry.start(data());
            registry = known;
            try (Engine engine = Engine.open(EngineOptions.defaults().withStore(folder.resolve("store-carried")))) {
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
        return folder.resolve("registry-carry");
    }

    private static void ours(Report report, String reference, Path store) {
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
        try (Podman podman = new Podman(work, "overlay")) {
            long begin = System.nanoTime();
            podman.succeed("pull", "--quiet", "--tls-verify=false", reference);
            report.addNanos(PODMAN, System.nanoTime() - begin);
        }
    }

    private static void skopeo(Report report, String reference, Path work) throws Exception {
        if (!CommandBenchmark.isInstalled("skopeo") || !CommandBenchmark.isInstalled("umoci")) {
            report.missing(SKOPEO, "skopeo or umoci is not installed");
            return;
        }
        String layout = work.resolve("layout") + ":postgres";
        long begin = System.nanoTime();
        Commands.output(List.of(
                "skopeo", "copy", "--quiet", "--src-tls-verify=false", "docker://" + reference, "oci:" + layout));
        Commands.output(List.of(
                "umoci", "unpack", "--image", layout, work.resolve("bundle").toString()));
        report.addNanos(SKOPEO, System.nanoTime() - begin);
    }

    private void docker(Report report) throws Exception {
        if (!Files.isExecutable(Path.of("/usr/sbin/dockerd")) || !CommandBenchmark.isInstalled("ip")) {
            report.missing(DOCKER, "docker.io or iproute2 is not installed");
            return;
        }
        Docker known = docker;
        if (known == null) {
            DockerDaemon daemon = new DockerDaemon(folder.resolve("docker-carry"));
            List<String> launcher = daemon.inNetwork(List.of());
            known = new Docker(
                    daemon, LocalRegistry.in(data()).withLauncher(launcher).start());
            docker = known;
        }
        docker(report, known.daemon, known.registry.name() + NAME);
    }

    private static void docker(Report report, DockerDaemon daemon, String reference) throws Exception {
        CommandBenchmark.time(report, DOCKER, daemon.docker("pull", "--quiet", reference));
        String[] sleeper = {"run", "--detach", "--network", "none", "--entrypoint", "sleep", reference, "1000"};
        String id = Commands.output(daemon.docker(sleeper)).strip();
        Commands.output(daemon.docker("exec", id, "sh", "-c", "head -c 100000000 /dev/urandom > /changed"));
        CommandBenchmark.time(report, DOCKER_COMMIT, daemon.docker("commit", id, "bench/commit:1"));
        Commands.output(daemon.docker("rm", "--force", id));
        Commands.output(daemon.docker("rmi", "bench/commit:1", reference));
    }

    @Override
    public void close() throws Exception {
        if (registry != null) {
            registry.close();
        }
        if (docker != null) {
            docker.registry.close();
            docker.daemon.close();
        }
    }
}
