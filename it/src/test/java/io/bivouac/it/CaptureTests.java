package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.fail;

import io.bivouac.engine.Capsule;
import io.bivouac.engine.CapturedContainer;
import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.Engine;
import io.bivouac.junit.Bivouac;
import io.bivouac.junit.CaptureMode;
import io.bivouac.junit.Provision;
import io.bivouac.junit.WaitFor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;

class CaptureTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path capsules;

    private List<Capsule> run(Class<?> type) {
        ExtensionRun.of(capsules, type);
        return Engines.shared().capsules().list(capsules);
    }

    private static Throwable failureOf(EngineExecutionResults results) {
        return results.testEvents().failed().stream()
                .map(event -> event.getRequiredPayload(TestExecutionResult.class))
                .map(result -> result.getThrowable().orElseThrow())
                .findFirst()
                .orElseThrow();
    }

    @Bivouac
    static class OrdersTestCase {
        @Provision(
                image = "postgres:15",
                env = "POSTGRES_PASSWORD=test",
                ports = 5432,
                waitFor = @WaitFor(log = "ready to accept connections", times = 2))
        @SuppressWarnings("NullAway.Init")
        static Container db;

        @Test
        void stores(
                @Provision(
                                image = "probe:1",
                                command = {"exit", "4", "cache says bye"})
                        Container cache)
                throws Exception {
            try (Connection connection = PostgresTests.connect(db, "postgres", "postgres", "test");
                    Statement statement = connection.createStatement()) {
                statement.execute("create table orders as select 'lost parcel' as what");
            }
            cache.waitForExit(Duration.ofSeconds(20));
            fail("the order is wrong");
        }

        @AfterEach
        void tearDown() throws Exception {
            try (Connection connection = PostgresTests.connect(db, "postgres", "postgres", "test");
                    Statement statement = connection.createStatement()) {
                statement.execute("drop table orders");
            }
        }
    }

    @Test
    void failedTestIsCapturedBeforeItsTeardownAndReplayed() throws Exception {
        EngineExecutionResults results = ExtensionRun.of(capsules, OrdersTestCase.class);

        Throwable failure = failureOf(results);
        List<Capsule> found = Engines.shared().capsules().list(capsules);
        assertThat(found).hasSize(1);
        Capsule capsule = found.get(0);
        assertThat(capsule.path()).isEqualTo(capsules.resolve("OrdersTestCase.stores-1"));
        assertThat(failure.getSuppressed()).hasSize(1);
        assertThat(failure.getSuppressed()[0])
                .hasMessageMatching("Bivouac captured OrdersTestCase\\.stores: " + capsule.path()
                        + " \\(\\d+\\.\\d MB\\)\\. Replay it: mvn io\\.bivouac:bivouac-maven-plugin:[^:]+:replay -Dbivouac\\.replay="
                        + capsule.path());
        assertThat(capsule.failure().testName()).isEqualTo("OrdersTestCase.stores");
        assertThat(capsule.failure().testId()).contains("[method:stores(io.bivouac.engine.Container)]");
        assertThat(capsule.failure().exception()).endsWith("AssertionFailedError: the order is wrong");
        assertThat(capsule.failure().stack()).contains("at io.bivouac.it.CaptureTests$OrdersTestCase.stores(");
        assertThat(capsule.containers()).extracting(CapturedContainer::name).containsExactly("db", "probe");
        CapturedContainer cache = capsule.containers().get(1);
        assertThat(cache.state()).isEqualTo(ContainerState.EXITED);
        assertThat(cache.exitCode()).contains(4);
        assertThat(cache.logs()).isEqualTo("cache says bye\n");
        assertThat(capsule.containers().get(0).spec().env()).containsEntry("POSTGRES_PASSWORD", "test");
        assertThat(capsule.containers().get(0).logs()).contains("ready to accept connections");

        replay(capsule);
    }

    /** In a store that has never seen the images: a capsule stands on its own. */
    private void replay(Capsule capsule) throws Exception {
        Path store = capsules.resolve("store");
        try (Engine engine = Engine.open(Engines.options().withStore(store).withImages(List.of()))) {
            List<Container> containers =
                    engine.capsules().replay(engine.capsules().read(capsule.path()));

            assertThat(containers).extracting(Container::name).containsExactly("db", "probe");
            Container db = containers.get(0);
            try (Connection connection = PostgresTests.connect(db, "postgres", "postgres", "test");
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("select what from orders")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getString(1)).isEqualTo("lost parcel");
            }
            assertThat(engine.images().list())
                    .allMatch(image -> image.references().isEmpty());
        }
    }

    @Test
    void capsuleIsAnImageLayoutOthersRead() throws Exception {
        Capsule capsule = run(OrdersTestCase.class).get(0);

        Commands.Result inspected = Commands.run("skopeo", "inspect", "oci:" + capsule.path() + ":db@failed");
        assertThat(inspected.code()).as(inspected.output()).isZero();
        assertThat(inspected.output()).contains("PGDATA=/var/lib/postgresql/data");
    }

    @Test
    void damagedCapsuleIsRefused() throws Exception {
        Capsule capsule = run(FailingTestCase.class).get(0);
        Path blob;
        try (Stream<Path> blobs = Files.list(capsule.path().resolve("blobs/sha256"))) {
            blob = blobs.max((a, b) ->
                            Long.compare(a.toFile().length(), b.toFile().length()))
                    .orElseThrow();
        }
        byte[] content = Files.readAllBytes(blob);
        content[content.length - 1] ^= 1;
        Files.write(blob, content);

        assertThatThrownBy(() -> Engines.shared().capsules().read(capsule.path()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("Reading the capsule " + capsule.path() + " failed: it is damaged: blob sha256:"
                        + blob.getFileName() + " has the digest sha256:");
        assertThatThrownBy(() -> Engines.shared().capsules().read(capsules.resolve("none")))
                .hasMessage("Reading the capsule " + capsules.resolve("none")
                        + " failed: it does not exist, or is no folder.");
    }

    static class FailingTestCase {
        @Provision(image = "probe:1")
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @Test
        void fails() {
            fail("on purpose");
        }
    }

    @Test
    void everyRepetitionHasACapsuleOfItsOwn() {
        run(FailingTestCase.class);

        assertThat(run(FailingTestCase.class))
                .extracting(capsule -> String.valueOf(capsule.path().getFileName()))
                .containsExactly("FailingTestCase.fails-1", "FailingTestCase.fails-2");
    }

    static class PassingTestCase {
        @Provision(image = "probe:1")
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @Test
        void passes() {}

        @Test
        void isAborted() {
            Assumptions.abort("not here");
        }
    }

    @Test
    void passedAndAbortedTestsLeaveNothing() {
        assertThat(run(PassingTestCase.class)).isEmpty();
        assertThat(capsules).isEmptyDirectory();
    }

    @Bivouac(capture = CaptureMode.ALWAYS)
    static class AlwaysTestCase extends PassingTestCase {}

    @Test
    void captureAlwaysCapturesPassedTests() {
        assertThat(run(AlwaysTestCase.class))
                .extracting(capsule -> capsule.failure().testName())
                .containsExactlyInAnyOrder("AlwaysTestCase.passes", "AlwaysTestCase.isAborted");
    }

    @Bivouac(capture = CaptureMode.NEVER)
    static class NeverTestCase extends FailingTestCase {}

    @Test
    void captureNeverCapturesNothingAndThePropertyOverrides() {
        assertThat(run(NeverTestCase.class)).isEmpty();

        ExtensionRun.builder(capsules, NeverTestCase.class)
                .configurationParameter("bivouac.capture", "on_failure")
                .execute();
        assertThat(Engines.shared().capsules().list(capsules)).hasSize(1);
    }

    static class BeforeEachFailsTestCase {
        @Provision(image = "probe:1")
        @SuppressWarnings("NullAway.Init")
        private Container container;

        @BeforeEach
        void prepare() {
            container.copyTo(new byte[] {'x'}, "/prepared", 0644);
            fail("in preparation");
        }

        @Test
        void never() {}
    }

    static class BeforeAllFailsTestCase {
        @Provision(image = "probe:1")
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @BeforeAll
        static void prepare() {
            fail("before all");
        }

        @Test
        void never() {}
    }

    static class AfterEachFailsTestCase {
        @Provision(image = "probe:1")
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @Test
        void passes() {}

        @AfterEach
        void tearDown() throws IOException {
            throw new IOException("in teardown");
        }
    }

    @Test
    void failuresOfLifecycleMethodsAreCaptured() {
        run(BeforeEachFailsTestCase.class);
        run(BeforeAllFailsTestCase.class);

        assertThat(run(AfterEachFailsTestCase.class))
                .extracting(capsule ->
                        capsule.failure().testName() + " " + capsule.failure().exception())
                .containsExactly(
                        "BeforeEachFailsTestCase.never org.opentest4j.AssertionFailedError: in preparation",
                        "BeforeAllFailsTestCase org.opentest4j.AssertionFailedError: before all",
                        "AfterEachFailsTestCase.passes java.io.IOException: in teardown");
    }

    @Test
    void captureThatFailsNeverHidesTheFailure() throws Exception {
        Path file = Files.writeString(capsules.resolve("in-the-way"), "");

        Throwable failure = failureOf(ExtensionRun.of(file, FailingTestCase.class));

        assertThat(failure).hasMessage("on purpose");
        assertThat(failure.getSuppressed()).hasSize(1);
        assertThat(failure.getSuppressed()[0])
                .hasMessageStartingWith("Writing the capsule " + file + "/FailingTestCase.fails-1 failed: ");
    }
}
