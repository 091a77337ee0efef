package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bivouac.fixtures.FixtureImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An ordinary user has the same API and the same behaviour. */
@Tag("root")
class RootlessTests {
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
                            ExecTests.class.getName(),
                            CopyTests.class.getName(),
                            LogTests.class.getName(),
                            DiffAndCommitTests.class.getName(),
                            ImageTests.class.getName(),
                            ReadinessTests.class.getName(),
                            PostgresTests.class.getName())) {
                assertThat(child.join()).as(child.output()).isZero();
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
