package io.bivouac.it.bench;

import io.bivouac.fixtures.FixtureImages;
import io.bivouac.fixtures.Programs;
import io.bivouac.it.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Docker, by its client and by Testcontainers, where Debian's package is installed. */
final class TestcontainersBenchmark implements Benchmark {
    static final String POSTGRES = "Testcontainers + Docker: PostgreSQL fresh to first query";

    private static final String PREFIX = "Testcontainers + Docker: ";
    private static final String RUN = "docker run --rm --network none";
    private static final String LAPS = "3";
    private static final Path PROJECT = Path.of("src", "bench", "testcontainers");

    private final Path folder;
    private @Nullable DockerDaemon daemon;

    TestcontainersBenchmark(Path folder) {
        this.folder = folder;
    }

    @Override
    public String name() {
        return "docker";
    }

    @Override
    public int turns() {
        return 2;
    }

    @Override
    public void measure(Report report) throws Exception {
        if (!Files.isExecutable(Path.of("/usr/sbin/dockerd")) || !CommandBenchmark.isInstalled("ip")) {
            report.missing(PREFIX + "everything", "docker.io or iproute2 is not installed");
            return;
        }
        DockerDaemon docker = prepared();
        List<String> laps = new ArrayList<>(List.of(Programs.laps(folder).toString(), LAPS));
        laps.addAll(docker.docker("run", "--rm", "--network", "none", "probe:1", "exit", "0"));
        for (String line : Commands.output(laps).lines().toList()) {
            report.addNanos(RUN, Long.parseLong(line));
        }
        List<String> peer = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                project().resolve("target/classes") + ":" + project().resolve("target/dependency") + "/*",
                "peer.Peer");
        for (String line : Commands.output(docker.inNetwork(peer)).lines().toList()) {
            String[] fields = line.split("\t", -1);
            report.addNanos(PREFIX + fields[0], Long.parseLong(fields[1]));
        }
    }

    private DockerDaemon prepared() throws IOException, InterruptedException {
        DockerDaemon known = daemon;
        if (known != null) {
            return known;
        }
        Commands.run("rm", "-rf", project().toString());
        Commands.run("cp", "-r", PROJECT.toAbsolutePath().toString(), project().toString());
        Commands.output(List.of(
                "mvn",
                "--quiet",
                "--batch-mode",
                "--file",
                project().resolve("pom.xml").toString(),
                "compile",
                "dependency:copy-dependencies"));
        DockerDaemon docker = new DockerDaemon(folder.resolve("docker"));
        daemon = docker;
        docker.load(FixtureImages.probe(), "probe:1");
        docker.load(FixtureImages.postgres(), "postgres:15");
        return docker;
    }

    private Path project() {
        return folder.resolve("testcontainers");
    }

    @Override
    public void close() throws Exception {
        if (daemon != null) {
            daemon.close();
        }
    }
}
