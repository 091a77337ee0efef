package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * JVM, guardian, warden, monitors, workers, pairs of them and all are killed at random instants of whatever containers can do:
 * nothing stays.
 *
 * <p>{@code -Dbivouac.kills=1000} kills so often, as root and again as an ordinary user; {@code -Dbivouac.seed=N} chooses other
 * instants and other victims.
 */
@Isolated
@Tag("root")
@Timeout(value = 2, unit = TimeUnit.HOURS)
class RandomKillTests {
    private static final String KILLS = System.getProperty("bivouac.kills", "20");
    private static final String SEED = System.getProperty("bivouac.seed", "5");

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    @Test
    void nothingStaysWhoeverWasKilled() throws Exception {
        try (OrdinaryUser user = OrdinaryUser.create()) {
            Path work = Files.createDirectories(user.home().resolve("work"));
            Commands.run("chown", user.name(), work.toString());
            List<Child> campaigns = List.of(
                    start(new ChildJvm().under(Cage.of("kills-root", "")), folder, "root"),
                    start(user.jvm(new ChildJvm().under(Cage.of("kills-rootless", user.name()))), work, "rootless"));
            for (Child campaign : campaigns) {
                campaign.join(Duration.ofHours(2));
                campaign.output()
                        .lines()
                        .filter(line -> line.startsWith("Kill campaign"))
                        .forEach(System.out::println);
            }
            for (Child campaign : campaigns) {
                assertThat(campaign.join()).as(campaign.output()).isZero();
                assertThat(campaign.output()).contains(KILLS + " kills").doesNotContain("finding ");
            }
        }
    }

    private static Child start(ChildJvm jvm, Path work, String mode) throws IOException {
        return jvm.environment(Cage.RUNTIME)
                .option("-XX:TieredStopAtLevel=1")
                .start(KillCampaign.class, work.toString(), mode, KILLS, SEED);
    }
}
