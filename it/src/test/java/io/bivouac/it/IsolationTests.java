package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a default container is confined by, whole, as the probe in it sees it. */
public class IsolationTests {
    private static final List<String> DEVICES = List.of("null", "zero", "full", "random", "urandom", "tty");
    private static final List<String> NAMESPACES = List.of("mnt", "pid", "net", "uts", "ipc", "cgroup");

    /** Facts by kind and name, in the order the probe tells them. */
    private static Map<String, String> facts(ContainerSpec spec) {
        try (Container container = Engines.shared().start(spec.withCommand("isolation"))) {
            assertThat(container.waitForExit(Duration.ofSeconds(20)).code()).isZero();
            return facts(container.logs());
        }
    }

    /** Parses what the probe prints. */
    public static Map<String, String> facts(String text) {
        Map<String, String> facts = new LinkedHashMap<>();
        for (String line : text.lines().toList()) {
            int colon = line.indexOf(": ");
            facts.merge(line.substring(0, colon), line.substring(colon + 2), (one, other) -> one + " + " + other);
        }
        return facts;
    }

    /** The table: lines as the probe prints them, for root and for others. */
    private static List<String> table() {
        String name = "/isolation/" + (Engines.isRoot() ? "root" : "user") + ".txt";
        try (InputStream in = IsolationTests.class.getResourceAsStream(name)) {
            return in == null
                    ? List.of()
                    : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                            .lines()
                            .filter(line -> !line.isBlank() && !line.startsWith("#"))
                            .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> lines(Map<String, String> facts) {
        List<String> lines = new ArrayList<>();
        facts.forEach((name, value) -> lines.add((name + ": " + value).strip()));
        return lines;
    }

    /** Hosts differ in what there is to hide, and in how many files a process may open. */
    private static Map<String, String> comparable(Map<String, String> facts) {
        facts.keySet()
                .removeIf(name -> name.startsWith("namespace ")
                        || name.equals("limit nproc")
                        || name.equals("limit memlock")
                        || name.equals("limit stack")
                        || name.equals("process uid_map")
                        || name.equals("process gid_map")
                        || name.equals("process attr/current")
                        || name.equals("environment cgroup")
                        || (name.startsWith("mount /") && dependsOnTheHost(name.substring("mount ".length()))));
        facts.replaceAll((name, value) -> name.startsWith("mount ") ? value.replace(",relatime", "") : value);
        facts.replaceAll((name, value) -> name.startsWith("write ") && value.equals("absent") ? "read-only" : value);
        facts.computeIfPresent("limit nofile", (name, value) -> "at most 65536 524288");
        return facts;
    }

    /** What is to be covered, where devices come from, and whether there is a control group to see; facts tell what it comes to. */
    private static boolean dependsOnTheHost(String target) {
        return target.startsWith("/proc/")
                || target.startsWith("/sys/")
                || (target.startsWith("/dev/") && DEVICES.contains(target.substring("/dev/".length())));
    }

    @Test
    void defaultContainerIsConfinedAsTheTableSays() {
        assertThat(lines(comparable(facts(ContainerSpec.of("probe:1").withHostname("h")))))
                .containsExactlyInAnyOrderElementsOf(table());
    }

    @Test
    void terminalIsAllThatIsAddedWithOne() {
        ContainerSpec spec = ContainerSpec.of("probe:1").withHostname("h");
        List<String> without = lines(comparable(facts(spec)));
        List<String> with = lines(comparable(facts(spec.withTty())));
        List<String> added = new ArrayList<>(with);
        added.removeAll(without);
        without.removeAll(with);

        assertThat(without)
                .containsExactlyInAnyOrder("descriptor 0: /dev/null", "descriptor 1: pipe", "descriptor 2: pipe");
        assertThat(added)
                .containsExactlyInAnyOrder(
                        "mount /dev/console: devpts rw,nosuid,noexec",
                        "device console: c 136:0 620",
                        "descriptor 0: /dev/pts/0",
                        "descriptor 1: /dev/pts/0",
                        "descriptor 2: /dev/pts/0");
    }

    @Test
    void openFilesAreLimitedAsFarAsThisProcessMayDecide() throws Exception {
        long most =
                Long.parseLong(Commands.run("sh", "-c", "ulimit -Hn").output().strip());

        assertThat(facts(ContainerSpec.of("probe:1")).get("limit nofile"))
                .isEqualTo(Math.min(most, 65536) + " " + Math.min(most, 524288));
    }

    /** Both are there at one time: the kernel gives the number of what is gone to something new. */
    @Test
    void everyNamespaceIsItsOwn() throws Exception {
        try (Container first = Engines.sleeper();
                Container second = Engines.sleeper()) {
            Map<String, String> one = facts(first.exec("/probe", "isolation").stdout());
            Map<String, String> other = facts(second.exec("/probe", "isolation").stdout());

            for (String name : NAMESPACES) {
                String host =
                        Files.readSymbolicLink(Path.of("/proc/self/ns", name)).toString();
                assertThat(one.get("namespace " + name)).as(name).isNotEqualTo(host);
                assertThat(one.get("namespace " + name)).as(name).isNotEqualTo(other.get("namespace " + name));
            }
            String host = Files.readSymbolicLink(Path.of("/proc/self/ns/user")).toString();
            assertThat(host.equals(one.get("namespace user"))).isEqualTo(Engines.isRoot());
        }
    }

    /** A command that is executed in a container has no more than its first process. */
    @Test
    void commandsAreConfinedAlike() {
        try (Container container = Engines.probe("sleep", "0")) {
            Map<String, String> first = facts(
                    ContainerSpec.of("probe:1").withHostname(container.id().substring(0, 12)));
            Map<String, String> command =
                    facts(container.exec("/probe", "isolation").stdout());

            assertThat(lines(comparable(command))).containsExactlyInAnyOrderElementsOf(lines(comparable(first)));
        }
    }
}
