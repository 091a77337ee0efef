package io.bivouac.it.bench;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.fixtures.FixtureImages;
import io.bivouac.it.Commands;
import io.bivouac.it.IsolationTests;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Lays what a default container of ours is confined by beside Docker's: every difference must be known, with its reason. */
final class IsolationComparison {
    private static final String ABSENT = "(none)";

    /**
     * A difference that is meant.
     *
     * @param fact its names
     * @param reason why it is so
     */
    private record Known(Pattern fact, String reason) {
        static Known of(String fact, String reason) {
            return new Known(Pattern.compile(fact), reason);
        }
    }

    private static final List<Known> KNOWN = List.of(
            Known.of("namespace .*|process (uid|gid)_map", "every container has its own"),
            Known.of("process Groups", "Docker makes root's own group an additional one too"),
            Known.of("process oom_score_adj", "the kernel kills a container before the test that started it"),
            Known.of("process attr/current", "AppArmor is not active here"),
            Known.of("limit core", "stricter: a dump would go to the host's handler, outside of the container"),
            Known.of(
                    "limit (nofile|nproc|memlock)",
                    "Docker passes its daemon's on; ours are set, as far as this process may"),
            Known.of("mount /", "stricter: no device can be opened in the container's file system"),
            Known.of("mount /dev", "stricter: no device can be opened but those that are bound there one by one"),
            Known.of("mount /dev/(null|zero|full|random|urandom|tty)", "see /dev"),
            Known.of(
                    "mount /dev/console|device (console|core)",
                    "only with a terminal; core is a link to what is masked"),
            Known.of("mount /dev/pts|device pts", "the same file system"),
            Known.of("mount /dev/shm|mount /dev/mqueue", "the same file system"),
            Known.of("mount /etc/.*", "on a tmpfs of the container, not on the host's disk"),
            Known.of(
                    "mount /sys/fs/cgroup.*|write /sys/fs/cgroup|environment cgroup",
                    "with version 1 each is a mount: made where there is a limit to see"),
            Known.of(
                    "mount /proc/.*|mount /sys/.*|path /proc/interrupts|path /sys/devices/.*",
                    "covers what newer Dockers cover; interrupts and powercap tell of the host's other work"),
            Known.of("sysctl .*", "the same in newer Dockers; ping_group_range lets every group ping, as theirs"),
            Known.of("write /proc/.*", "the same where it exists"),
            Known.of("device fd|device std.*|device ptmx", "the same links"),
            Known.of("interface (?!lo).*", "no network but published ports"),
            Known.of("descriptor 0", "an input that is empty, as Docker's without -i"));

    private IsolationComparison() {}

    /**
     * Prints both; exits with 1 when a difference is not known.
     *
     * @param arguments a folder
     */
    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createDirectories(Path.of(arguments[0]).toAbsolutePath());
        Map<String, String> ours = ours(folder);
        Map<String, String> theirs = dockers(folder);
        Set<String> names = new TreeSet<>(ours.keySet());
        names.addAll(theirs.keySet());
        boolean unknown = false;
        for (String name : names) {
            String own = ours.getOrDefault(name, ABSENT);
            String other = theirs.getOrDefault(name, ABSENT);
            if (!own.equals(other)) {
                Optional<Known> known = KNOWN.stream()
                        .filter(candidate -> candidate.fact.matcher(name).matches())
                        .findFirst();
                unknown |= known.isEmpty();
                System.out.printf(
                        "%s%n    Bivouac %s%n    Docker  %s%n    %s%n",
                        name, own, other, known.map(Known::reason).orElse("UNKNOWN DIFFERENCE"));
            }
        }
        System.out.println(names.size() + " facts compared.");
        System.exit(unknown ? 1 : 0);
    }

    private static Map<String, String> ours(Path folder) {
        EngineOptions options =
                EngineOptions.defaults().withStore(folder.resolve("store")).withImages(List.of(FixtureImages.probe()));
        try (Engine engine = Engine.open(options);
                Container container = engine.start(ContainerSpec.of("probe:1").withCommand("isolation"))) {
            container.waitForExit(Duration.ofSeconds(20));
            return IsolationTests.facts(container.logs());
        }
    }

    private static Map<String, String> dockers(Path folder) throws Exception {
        try (DockerDaemon docker = new DockerDaemon(folder.resolve("docker"))) {
            docker.load(FixtureImages.probe(), "probe:1");
            Commands.Result result = Commands.run(docker.docker("run", "--rm", "probe:1", "isolation"));
            return IsolationTests.facts(result.output());
        }
    }
}
