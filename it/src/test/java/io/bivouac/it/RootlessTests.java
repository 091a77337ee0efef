package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bivouac.fixtures.FixtureImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An ordinary user has the same API and the same behaviour. */
@Tag("root")
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class RootlessTests {
    /** A minute of work, on a host that has other work too. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /** Seen again on other JVMs, by {@code -Dbivouac.it.rootless=smoke}. */
    private static final List<Class<?>> SMOKE = List.of(
            ContainerLifecycleTests.class,
            IsolationTests.class,
            ExecTests.class,
            CopyTests.class,
            LayerStackTests.class,
            ProvisionTests.class,
            CaptureTests.class,
            ReadinessTests.class,
            RedisTests.class);

    private static final List<Class<?>> OTHERS = List.of(
            ConfinementTests.class,
            TerminalTests.class,
            LogTests.class,
            DiffAndCommitTests.class,
            ImageTests.class,
            HostileLayerTests.class,
            LayerFuzzTests.class,
            ImageFormatTests.class,
            RegistryTests.class,
            HealthTests.class,
            ImageConfigurationTests.class,
            SeccompTests.class,
            PostgresTests.class,
            NginxTests.class,
            DebianTests.class,
            InterruptionTests.class,
            MadeAheadTests.class,
            LockTests.class,
            ProvisionErrorTests.class,
            SmallHeapTests.class,
            StoreKillTests.class);

    private static List<Class<?>> suite() {
        boolean smoke = System.getProperty("bivouac.it.rootless", "").equals("smoke");
        return smoke ? SMOKE : Stream.concat(SMOKE.stream(), OTHERS.stream()).toList();
    }

    @Test
    void suitePassesAsAnOrdinaryUser() throws Exception {
        // Built by root and readable for everybody.
        assertThat(FixtureImages.all()).isNotEmpty();
        try (OrdinaryUser user = OrdinaryUser.create()) {
            Path temporary = Files.createDirectories(user.home().resolve("tmp"));
            Commands.run("chown", user.name(), temporary.toString());
            ChildJvm jvm = user.jvm()
                    .option("-Dbivouac.it.folder=" + user.home())
                    .option("-Dbivouac.fixtures=" + FixtureImages.cache())
                    // A user cannot remove files of its mapped ids without a user namespace, which JUnit does not know.
                    // They go with the user.
                    .option("-Djunit.jupiter.tempdir.cleanup.mode.default=never")
                    .option("-Djava.io.tmpdir=" + temporary);
            SuiteMain.assertPass(jvm, PATIENCE, suite());
            // The guardian ends after the JVM that it watches.
            await().atMost(Duration.ofSeconds(2)).untilAsserted(() -> {
                try (Stream<Path> sessions = Files.list(user.home().resolve("store/sessions"))) {
                    assertThat(sessions).isEmpty();
                }
            });
        }
    }
}
