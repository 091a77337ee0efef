package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.finishedWithFailure;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.instanceOf;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.message;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.junit.Provision;
import io.bivouac.junit.WaitFor;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Annotations that cannot be meant, and hosts that have no containers. */
class ProvisionErrorTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path capsules;

    static class FinalFieldTestCase {
        @Provision(image = "probe:1")
        @SuppressWarnings("NullAway")
        static final Container CONTAINER = null;

        @Test
        void test() {}
    }

    static class WrongTypeTestCase {
        @Provision(image = "probe:1")
        @SuppressWarnings("NullAway.Init")
        static String container;

        @Test
        void test() {}
    }

    static class TwiceTestCase {
        @Provision(image = "probe:1")
        @ProvisionTests.Composed
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @Test
        void test() {}
    }

    static class NoImageTestCase {
        @Provision(image = "")
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @Test
        void test() {}
    }

    static class BadVariableTestCase {
        @Provision(image = "probe:1", env = "PASSWORD")
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @Test
        void test() {}
    }

    static class BadImageTestCase {
        @Provision(image = "UPPER:1")
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @Test
        void test() {}
    }

    static class TwoConditionsTestCase {
        @Provision(image = "probe:1", waitFor = @WaitFor(log = "x", port = 1))
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @Test
        void test() {}
    }

    static class BadTimeoutTestCase {
        @Provision(image = "probe:1", startupTimeout = "soon")
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @Test
        void test() {}
    }

    static class BadMemoryTestCase {
        @Provision(image = "probe:1", memory = "lots")
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @Test
        void test() {}
    }

    static class BadCpusTestCase {
        @Provision(image = "probe:1", cpus = 0.001)
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @Test
        void test() {}
    }

    private void assertRefused(Class<?> type, String text) {
        ExtensionRun.of(capsules, type)
                .containerEvents()
                .assertThatEvents()
                .haveExactly(1, event(finishedWithFailure(instanceOf(ConfigurationException.class), message(text))));
    }

    @Test
    void mistakesAreNamedBeforeAnythingStarts() {
        assertRefused(
                FinalFieldTestCase.class,
                "@Provision on FinalFieldTestCase.CONTAINER: the field is final and cannot be injected. Remove 'final'.");
        assertRefused(
                WrongTypeTestCase.class,
                "@Provision on WrongTypeTestCase.container: the field is of type java.lang.String. It must be"
                        + " io.bivouac.engine.Container.");
        assertRefused(
                TwiceTestCase.class,
                "@Provision on TwiceTestCase.container: it is provided twice, by @Provision and by @Composed. Keep one.");
        assertRefused(
                NoImageTestCase.class,
                "@Provision on NoImageTestCase.container: the image is empty. Name one, such as image = \"postgres:15\".");
        assertRefused(
                BadVariableTestCase.class,
                "@Provision on BadVariableTestCase.container: 'PASSWORD' is not a variable. Write KEY=value.");
        assertRefused(
                BadImageTestCase.class,
                "@Provision on BadImageTestCase.container: 'UPPER:1' is not an image reference: the repository must be lower"
                        + " case: letters, digits, and single separators '.', '_', '-', '/' between them.");
        assertRefused(
                TwoConditionsTestCase.class,
                "@Provision on TwoConditionsTestCase.container: a @WaitFor names 2 conditions. Name one of log, port, command,"
                        + " exit, healthcheck in each.");
        assertRefused(
                BadTimeoutTestCase.class,
                "@Provision on BadTimeoutTestCase.container: 'soon' is not a duration. Write a number and ms, s or m, such as"
                        + " 90s.");
        assertRefused(
                BadMemoryTestCase.class,
                "@Provision on BadMemoryTestCase.container: 'lots' is not a size: write bytes, or a whole number with k, m, g"
                        + " or t, such as 512m.");
        assertRefused(
                BadCpusTestCase.class,
                "@Provision on BadCpusTestCase.container: 0.001 is no number of processors: at least 0.01.");
    }

    static class ConstructorTestCase {
        ConstructorTestCase(@Provision(image = "probe:1") Container container) {
            assertThat(container).isNull();
        }

        @Test
        void test() {}
    }

    @Test
    void constructorParameterIsRefusedWithTheReason() {
        ExtensionRun.of(capsules, ConstructorTestCase.class)
                .testEvents()
                .assertThatEvents()
                .haveExactly(
                        1,
                        event(
                                finishedWithFailure(
                                        instanceOf(ParameterResolutionException.class),
                                        message(
                                                "Containers cannot be injected into the constructor of "
                                                        + ConstructorTestCase.class.getName()
                                                        + ": no scope would ever close them. Annotate a field, or a parameter of a method."))));
    }

    /** Runs in a JVM that believes to be elsewhere. */
    static class AnywhereTestCase {
        @Provision(image = "probe:1")
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @Test
        void test() {
            assertThat(container.exec("/probe", "say", "alive").stdout()).isEqualTo("alive\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fail", "skip"})
    void unsupportedHostFailsOrSkips(String choice) throws Exception {
        try (Child child = new ChildJvm()
                .option("-Dos.name=Mac OS X")
                .option("-Dbivouac.unsupported=" + choice)
                .option("-Dbivouac.store=" + capsules.resolve("store"))
                .start(SuiteMain.class, AnywhereTestCase.class.getName())) {
            assertThat(child.join()).isEqualTo(choice.equals("skip") ? 0 : 1);
            assertThat(child.output()).contains(choice.equals("skip") ? "passed 0" : "failed 1");
            if (choice.equals("fail")) {
                assertThat(child.output()).contains("Containers need Linux: this is Mac OS X.");
            }
        }
    }
}
