package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Every system call of the warden fails once: what was asked for is done all the same, or an exception tells what was tried and
 * why it failed, and in either case nothing is left behind.
 *
 * <p>The warden is built for this with calls that can be made to fail, see {@code engine/src/test/c/faults}.
 * {@code -Dbivouac.faults=mkdirat} looks only at call sites whose description holds that word.
 */
@Isolated
@Tag("root")
@Timeout(value = 1, unit = TimeUnit.HOURS)
class FaultTests {
    /** Begins the names of the control groups that campaigns run in. */
    static final String GROUP = "bivouac-it-faults-";

    /** On a tmpfs of the cage's own. */
    private static final String SOCKETS = "/run/sockets";

    private static final String WANTED = System.getProperty("bivouac.faults", "");

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    /** What a campaign has said. */
    private record Report(List<String> findings, Set<String> sites, Set<String> entries) {
        static Report of(List<Child> children) throws InterruptedException {
            Report report = new Report(new ArrayList<>(), new TreeSet<>(), new TreeSet<>());
            for (Child child : children) {
                if (child.join(Duration.ofHours(1)) != 0 || !child.output().contains("\ndone: ")) {
                    report.findings.add("a campaign ended early: " + child.output());
                }
                child.output().lines().forEach(report::take);
            }
            return report;
        }

        private void take(String line) {
            String rest = line.substring(line.indexOf(' ') + 1);
            if (line.startsWith("finding ")) {
                findings.add(rest);
            } else if (line.startsWith("site ")) {
                sites.add(rest);
            } else if (line.startsWith("entry ")) {
                entries.add(rest);
            }
        }
    }

    @Test
    void everyFailureIsToldAndLeavesNothing() throws Exception {
        Path classes = WardenBuild.make("faults").resolve("classes");
        Report root = Report.of(List.of(campaign(classes, 0, 2), campaign(classes, 1, 2)));

        assertThat(root.findings()).isEmpty();
        assertThat(root.sites()).hasSizeGreaterThan(500);

        Report rootless = rootless(classes, root.sites());

        assertThat(rootless.findings()).isEmpty();
        assertThat(rootless.sites()).anyMatch(site -> site.contains(" < mapping_apply < "));
        if (WANTED.isEmpty()) {
            root.entries().addAll(rootless.entries());
            assertThat(root.entries()).as("entries that are needed").containsAll(FaultExpectations.entries());
        }
    }

    private Child campaign(Path classes, int part, int parts) throws IOException {
        Path work = Files.createDirectories(folder.resolve("root-" + part));
        Path without = Files.writeString(work.resolve("without"), "");
        return new ChildJvm()
                .under(cage("root-" + part, ""))
                .before(classes)
                .environment("XDG_RUNTIME_DIR=" + SOCKETS)
                .start(FaultCampaign.class, arguments(work, classes, part + "/" + parts, without));
    }

    /** What only an ordinary user's session reaches. */
    private Report rootless(Path classes, Set<String> known) throws Exception {
        try (OrdinaryUser user = OrdinaryUser.create()) {
            Path copied = user.home().resolve("faults");
            Commands.run("cp", "-r", classes.toString(), copied.toString());
            Path work = Files.createDirectories(user.home().resolve("work"));
            Path without = Files.write(work.resolve("without"), known);
            Commands.run("chown", "-R", user.name(), work.toString());
            return Report.of(List.of(user.jvm(new ChildJvm().under(cage("rootless", user.name())))
                    .before(copied)
                    .environment("XDG_RUNTIME_DIR=" + SOCKETS)
                    .start(FaultCampaign.class, arguments(work, copied, "0/1", without))));
        }
    }

    private static String[] arguments(Path work, Path classes, String part, Path without) {
        Path program = classes.resolve("io/bivouac/engine/warden/warden-x86_64");
        return new String[] {work.toString(), program.toString(), part + "/" + WANTED + ":" + without};
    }

    /**
     * Namespaces and control groups of its own, in which nothing happens but what the campaign does. The shell stays and reaps,
     * as PID 1 does.
     */
    private static String[] cage(String name, String owner) {
        String group = GROUP + ProcessHandle.current().pid() + "-" + name;
        String script = """
                for folder in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/freezer; do
                    [ -e $folder/cgroup.procs ] || continue
                    group=$folder/$GROUP
                    mkdir $group
                    [ -z "$OWNER" ] || chown -R $OWNER $group
                    echo 0 > $group/cgroup.procs
                    groups="$groups $group"
                done
                /bin/busybox ip link set lo up
                mount -t tmpfs none ${SOCKETS%/*}
                mkdir -m 777 $SOCKETS
                "$@"
                code=$?
                for group in $groups; do
                    find $group -name freezer.state -exec sh -c 'echo THAWED > $0' {} ';'
                    echo 0 > ${group%/*}/cgroup.procs
                done
                kill -KILL -1
                for attempt in 1 2 3 4 5 6 7 8 9; do
                    find $groups -depth -type d -exec rmdir {} ';' 2>/dev/null && break
                    sleep 0.1
                done
                exit $code
                """;
        List<String> words = new ArrayList<>(List.of("env", "GROUP=" + group, "OWNER=" + owner, "SOCKETS=" + SOCKETS));
        words.addAll(
                List.of("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--net", "--ipc"));
        words.addAll(List.of("sh", "-c", script, "sh"));
        return words.toArray(String[]::new);
    }
}
