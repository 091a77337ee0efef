package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.Engine;
import io.bivouac.junit.Bivouac;
import io.bivouac.junit.Provision;
import io.bivouac.junit.WaitFor;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.testkit.engine.EngineExecutionResults;

class ProvisionTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path capsules;

    /** What test cases met, by their class. */
    private static final List<Container> SEEN = new CopyOnWriteArrayList<>();

    private static List<Container> seenBy(Class<?> type) {
        return SEEN.stream()
                .filter(container -> container.spec().env().get("CASE") != null
                        && container.spec().env().get("CASE").equals(type.getSimpleName()))
                .toList();
    }

    private List<Container> passing(Class<?> type, int tests) {
        EngineExecutionResults results = ExtensionRun.of(capsules, type);

        results.testEvents().assertStatistics(stats -> stats.started(tests).succeeded(tests));
        List<Container> seen = seenBy(type);
        assertThat(seen).allSatisfy(container -> assertThat(container.state()).isEqualTo(ContainerState.CLOSED));
        return seen;
    }

    private static void see(Container container) {
        assertThat(container.exec("/probe", "say", "alive").stdout()).isEqualTo("alive\n");
        SEEN.add(container);
    }

    private static int distinct(List<Container> containers) {
        return new HashSet<>(containers.stream().map(Container::id).toList()).size();
    }

    static class StaticFieldTestCase {
        @Provision(image = "probe:1", env = "CASE=StaticFieldTestCase")
        @SuppressWarnings("NullAway.Init")
        static Container container;

        @BeforeAll
        static void isThereBeforeAll() {
            see(container);
        }

        @Test
        void first() {
            see(container);
        }

        @Test
        void second() {
            see(container);
        }
    }

    @Test
    void staticFieldIsOneForTheClass() {
        List<Container> seen = passing(StaticFieldTestCase.class, 2);

        assertThat(seen).hasSize(3);
        assertThat(distinct(seen)).isEqualTo(1);
        assertThat(seen.get(0).name()).isEqualTo("container");
    }

    static class InstanceFieldTestCase {
        @Provision(image = "probe:1", name = "named", env = "CASE=InstanceFieldTestCase")
        @SuppressWarnings("NullAway.Init")
        private Container container;

        @BeforeEach
        void isThereBeforeEach() {
            see(container);
        }

        @Test
        void first() {
            see(container);
        }

        @Test
        void second() {
            see(container);
        }
    }

    @Test
    void instanceFieldIsOneForEachTest() {
        List<Container> seen = passing(InstanceFieldTestCase.class, 2);

        assertThat(seen).hasSize(4);
        assertThat(distinct(seen)).isEqualTo(2);
        assertThat(seen.get(0).name()).isEqualTo("named");
    }

    static class ParameterTestCase {
        @BeforeEach
        void prepare(@Provision(image = "probe:1", env = "CASE=ParameterTestCase") Container own) {
            see(own);
        }

        @Test
        void test(@Provision(image = "probe:1", env = "CASE=ParameterTestCase") Container own, Engine engine) {
            see(own);
            assertThat(engine.containers()).contains(own);
        }
    }

    @Test
    void parameterIsOneForItsMethod() {
        assertThat(distinct(passing(ParameterTestCase.class, 1))).isEqualTo(2);
    }

    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    static class PerClassTestCase {
        @Provision(image = "probe:1", env = "CASE=PerClassTestCase")
        @SuppressWarnings("NullAway.Init")
        private Container instance;

        @Provision(image = "probe:1", env = "CASE=PerClassTestCase")
        @SuppressWarnings("NullAway.Init")
        static Container shared;

        private final boolean sharedWasThere = shared != null;

        @BeforeAll
        void isThereBeforeAll() {
            see(instance);
            see(shared);
            assertThat(sharedWasThere).isTrue();
        }

        @Test
        void first() {
            see(instance);
        }

        @Test
        void second() {
            see(instance);
        }
    }

    @Test
    void instanceFieldOfAnInstancePerClassIsOneForTheClass() {
        List<Container> seen = passing(PerClassTestCase.class, 2);

        assertThat(seen).hasSize(4);
        assertThat(distinct(seen)).isEqualTo(2);
    }

    static class NestedTestCase {
        @Provision(image = "probe:1", env = "CASE=NestedTestCase")
        @SuppressWarnings("NullAway.Init")
        static Container outerStatic;

        @Provision(image = "probe:1", env = "CASE=NestedTestCase")
        @SuppressWarnings("NullAway.Init")
        private Container outerInstance;

        @Test
        void outer() {
            see(outerStatic);
            see(outerInstance);
        }

        @Nested
        class Inner {
            @Provision(image = "probe:1", env = "CASE=NestedTestCase")
            @SuppressWarnings("NullAway.Init")
            private Container inner;

            @Test
            void all() {
                see(outerStatic);
                see(outerInstance);
                see(inner);
            }

            @Nested
            class Innermost {
                @Test
                void still() {
                    see(outerStatic);
                    see(outerInstance);
                    see(inner);
                }
            }
        }
    }

    @Test
    void nestedClassesSeeWhatIsAroundThem() {
        List<Container> seen = passing(NestedTestCase.class, 3);

        assertThat(seen).hasSize(8);
        // One static, three of the outer instances, two of the inner.
        assertThat(distinct(seen)).isEqualTo(6);
    }

    abstract static class Base {
        @Provision(image = "probe:1", env = "CASE=InheritingTestCase")
        @SuppressWarnings("NullAway.Init")
        static Container inheritedStatic;

        @Provision(image = "probe:1", env = "CASE=InheritingTestCase")
        @SuppressWarnings("NullAway.Init")
        protected Container inherited;

        @Test
        void inBase() {
            see(inherited);
        }
    }

    @Bivouac
    static class InheritingTestCase extends Base {
        @Provision(image = "probe:1", env = "CASE=InheritingTestCase")
        @SuppressWarnings("NullAway.Init")
        private Container own;

        @Test
        void inSubclass() {
            see(inheritedStatic);
            see(inherited);
            see(own);
        }
    }

    @Test
    void fieldsOfSuperclassesCount() {
        List<Container> seen = passing(InheritingTestCase.class, 2);

        assertThat(seen).hasSize(4);
        assertThat(distinct(seen)).isEqualTo(4);
    }

    @Target({ElementType.FIELD, ElementType.PARAMETER})
    @Retention(RetentionPolicy.RUNTIME)
    @Provision(
            image = "probe:1",
            command = {"say", "composed"},
            env = "CASE=ComposedTestCase",
            waitFor = @WaitFor(exit = 0))
    @interface Composed {}

    static class ComposedTestCase {
        @Composed
        @SuppressWarnings("NullAway.Init")
        static Container field;

        @Test
        void test(@Composed Container parameter) {
            assertThat(field.logs()).isEqualTo("composed\n");
            assertThat(parameter.logs()).isEqualTo("composed\n");
            SEEN.add(field);
            SEEN.add(parameter);
        }
    }

    @Test
    void annotationMayCarryTheAnnotation() {
        assertThat(distinct(passing(ComposedTestCase.class, 1))).isEqualTo(2);
    }

    static class ParallelStartTestCase {
        private static final List<Instant> BEGAN = new ArrayList<>();
        private static final List<Instant> READY = new ArrayList<>();

        @Provision(
                image = "busybox:1",
                command = {"sh", "-c", "echo begin; sleep 0.4; echo ready; sleep 1000"},
                waitFor = @WaitFor(log = "ready"))
        @SuppressWarnings("NullAway.Init")
        static Container one;

        @Provision(
                image = "busybox:1",
                command = {"sh", "-c", "echo begin; sleep 0.4; echo ready; sleep 1000"},
                waitFor = @WaitFor(log = "ready"))
        @SuppressWarnings("NullAway.Init")
        static Container two;

        @Test
        void overlapped() throws Exception {
            for (Container container : List.of(one, two)) {
                try (AutoCloseable follower =
                        container.follow(line -> (line.text().equals("begin") ? BEGAN : READY).add(line.time()))) {
                    assertThat(follower).isNotNull();
                }
            }
            assertThat(BEGAN).hasSize(2).allSatisfy(began -> assertThat(READY).allMatch(began::isBefore));
        }
    }

    @Test
    void containersOfOneScopeStartInParallel() {
        passing(ParallelStartTestCase.class, 1);
    }

    private static final CyclicBarrier EIGHT = new CyclicBarrier(8);

    private static void meet(Container container) throws Exception {
        EIGHT.await(60, TimeUnit.SECONDS);
        // Seven others are alive at this moment, and stay so until all have seen each other.
        see(container);
        EIGHT.await(60, TimeUnit.SECONDS);
    }

    static class Parallel1TestCase {
        @Test
        void test(@Provision(image = "probe:1", env = "CASE=Eight") Container own) throws Exception {
            meet(own);
        }
    }

    static class Parallel2TestCase extends Parallel1TestCase {}

    static class Parallel3TestCase extends Parallel1TestCase {}

    static class Parallel4TestCase extends Parallel1TestCase {}

    static class Parallel5TestCase {
        @Provision(image = "probe:1", env = "CASE=Eight")
        @SuppressWarnings("NullAway.Init")
        private Container own;

        @Test
        void test() throws Exception {
            meet(own);
        }
    }

    static class Parallel6TestCase extends Parallel5TestCase {}

    static class Parallel7TestCase extends Parallel5TestCase {}

    static class Parallel8TestCase extends Parallel5TestCase {}

    @Test
    void eightClassesInParallelHaveEightContainersAtOneTime() {
        EngineExecutionResults results = ExtensionRun.builder(
                        capsules,
                        Parallel1TestCase.class,
                        Parallel2TestCase.class,
                        Parallel3TestCase.class,
                        Parallel4TestCase.class,
                        Parallel5TestCase.class,
                        Parallel6TestCase.class,
                        Parallel7TestCase.class,
                        Parallel8TestCase.class)
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
                .configurationParameter("junit.jupiter.execution.parallel.mode.classes.default", "concurrent")
                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "8")
                .execute();

        results.testEvents().assertStatistics(stats -> stats.started(8).succeeded(8));
        List<Container> seen = SEEN.stream()
                .filter(container -> "Eight".equals(container.spec().env().get("CASE")))
                .toList();
        assertThat(distinct(seen)).isEqualTo(8);
        assertThat(seen).extracting(Container::state).containsOnly(ContainerState.CLOSED);
    }
}
