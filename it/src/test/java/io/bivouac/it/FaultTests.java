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
            for (String race : FaultExpectations.races()) {
                assertThat(root.sites()).as(race).anyMatch(site -> site.contains(race));
            }
        }
    }

    private Child campaign(Path classes, int part, int parts) throws IOException {
        Path work = Files.createDirectories(folder.resolve("root-" + part));
        Path without = Files.writeString(work.resolve("without"), "");
        return new ChildJvm()
                .under(Cage.of("faults-" + part, ""))
                .before(classes)
                .environment(Cage.RUNTIME)
                .start(FaultCampaign.class, arguments(work, classes, part + "/" + parts, without));
    }

    /** What only an ordinary user's session reaches. */
    private static Report rootless(Path classes, Set<String> known) throws Exception {
        try (OrdinaryUser user = OrdinaryUser.create()) {
            Path copied = user.home().resolve("faults");
            Commands.run("cp", "-r", classes.toString(), copied.toString());
            return Report.of(List.of(rootless(user, copied, known, 0, 2), rootless(user, copied, known, 1, 2)));
        }
    }

    private static Child rootless(OrdinaryUser user, Path classes, Set<String> known, int part, int parts)
            throws Exception {
        Path work = Files.createDirectories(user.home().resolve("work-" + part));
        Path without = Files.write(work.resolve("without"), known);
        Commands.run("chown", "-R", user.name(), work.toString());
        return user.jvm(new ChildJvm().under(Cage.of("faults-rootless-" + part, user.name())))
                .before(classes)
                .environment(Cage.RUNTIME)
                .start(FaultCampaign.class, arguments(work, classes, part + "/" + parts, without));
    }

    private static String[] arguments(Path work, Path classes, String part, Path without) {
        Path program = classes.resolve("io/bivouac/engine/warden/warden-x86_64");
        return new String[] {work.toString(), program.toString(), part + "/" + WANTED + ":" + without};
    }
}
