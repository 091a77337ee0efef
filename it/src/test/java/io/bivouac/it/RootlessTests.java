package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bivouac.fixtures.FixtureImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An ordinary user has the same API and the same behaviour. */
@Tag("root")
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class RootlessTests {
    /** Half a minute of work, on a host that has other work too. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    @Test
    void suitePassesAsAnOrdinaryUser() throws Exception {
        // Built by root and readable for everybody.
        assertThat(FixtureImages.all()).isNotEmpty();
        try (OrdinaryUser user = OrdinaryUser.create()) {
            try (Child child = user.jvm()
                    .option("-Dbivouac.it.folder=" + user.home())
                    .option("-Dbivouac.fixtures=" + FixtureImages.cache())
                    .start(
                            SuiteMain.class,
                            ContainerLifecycleTests.class.getName(),
                            ConfinementTests.class.getName(),
                            IsolationTests.class.getName(),
                            ExecTests.class.getName(),
                            TerminalTests.class.getName(),
                            CopyTests.class.getName(),
                            LogTests.class.getName(),
                            DiffAndCommitTests.class.getName(),
                            ImageTests.class.getName(),
                            HostileLayerTests.class.getName(),
                            LayerStackTests.class.getName(),
                            ProvisionTests.class.getName(),
                            ImageFormatTests.class.getName(),
                            RegistryTests.class.getName(),
                            ReadinessTests.class.getName(),
                            HealthTests.class.getName(),
                            ImageConfigurationTests.class.getName(),
                            SeccompTests.class.getName(),
                            PostgresTests.class.getName(),
                            RedisTests.class.getName(),
                            NginxTests.class.getName(),
                            DebianTests.class.getName())) {
                assertThat(child.join(PATIENCE)).as(child.output()).isZero();
                assertThat(child.output()).containsPattern("passed [1-9][0-9]+\n");
            }
            // The guardian ends after the JVM that it watches.
            await().atMost(Duration.ofSeconds(2)).untilAsserted(() -> {
                try (Stream<Path> sessions = Files.list(user.home().resolve("store/sessions"))) {
                    assertThat(sessions).isEmpty();
                }
            });
        }
    }
}
