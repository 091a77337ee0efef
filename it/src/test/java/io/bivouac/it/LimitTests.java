package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.ExitStatus;
import io.bivouac.engine.IoLimits;
import io.bivouac.engine.Limits;
import io.bivouac.engine.Stats;
import io.bivouac.engine.Wait;
import io.bivouac.junit.Provision;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits hold on this kernel, and what cannot hold is said. */
@Tag("root")
class LimitTests {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final ContainerSpec BUSYBOX = ContainerSpec.of("busybox:1").withName("c");
    private static final ContainerSpec SLEEPER = BUSYBOX.withCommand("sleep", "100000");

    /** Fills memory with text until there is no more. */
    private static ContainerSpec hungry() {
        return BUSYBOX.withCommand("sh", "-c", "a=x; while true; do a=$a$a; done");
    }

    @Test
    void allocationPastTheLimitIsKilledAndReportedAsOutOfMemory() {
        try (Container container = Engines.shared().start(hungry().withMemory("64m"))) {
            ExitStatus exit = container.waitForExit(SOON);

            assertThat(exit.code()).isEqualTo(137);
            assertThat(exit.signal()).contains("SIGKILL");
            assertThat(exit.outOfMemory()).isTrue();
            Stats stats = container.stats();
            assertThat(stats.outOfMemoryKills().orElseThrow()).isPositive();
            assertThat(stats.memoryPeak().orElseThrow()).isBetween(32L << 20, 64L << 20);
        }
    }

    static class AnnotatedTestCase {
        @Test
        void test(@Provision(image = "probe:1", memory = "64m", cpus = 0.5) Container container) {
            Limits limits = container.spec().limits();

            assertThat(limits.memory()).hasValue(64L << 20);
            assertThat(limits.cpus()).hasValue(0.5);
        }
    }

    @Test
    void annotationsLimitToo(@TempDir Path capsules) {
        ExtensionRun.of(capsules, AnnotatedTestCase.class)
                .testEvents()
                .assertStatistics(stats -> stats.started(1).succeeded(1));
    }

    @Test
    void otherKillsAreNotOutOfMemory() {
        try (Container container = Engines.shared().start(SLEEPER.withMemory("64m"))) {
            container.kill();

            assertThat(container.waitForExit(SOON).outOfMemory()).isFalse();
        }
        try (Container container = Engines.shared().start(BUSYBOX.withCommand("false"))) {
            assertThat(container.waitForExit(SOON).outOfMemory()).isFalse();
        }
    }

    @Test
    void earlierRunsOutOfMemoryAreNotThisOnes() {
        ContainerSpec once = BUSYBOX.withCommand(
                        "sh", "-c", "[ -e /again ] && exit 3; touch /again; a=x; while true; do a=$a$a; done")
                .withMemory("64m");
        try (Container container = Engines.shared().start(once)) {
            assertThat(container.waitForExit(SOON).outOfMemory()).isTrue();
            container.restart();

            ExitStatus exit = container.waitForExit(SOON);
            assertThat(exit.code()).isEqualTo(3);
            assertThat(exit.outOfMemory()).isFalse();
        }
    }

    @Test
    void exitBeforeReadyNamesTheWantOfMemory() {
        ContainerSpec spec = hungry().withMemory("64m").withPorts(80);

        assertThatThrownBy(() -> Engines.shared().start(spec))
                .hasMessage(
                        "The container c (image busybox:1) exited before it was ready, with code 137 (SIGKILL, out of"
                                + " memory). It logged nothing.");
    }

    @Test
    void halfAProcessorShowsInItsTime() throws Exception {
        ContainerSpec busy =
                BUSYBOX.withCommand("sh", "-c", "while true; do :; done").withCpus(0.5);
        try (Container container = Engines.shared().start(busy)) {
            TimeUnit.MILLISECONDS.sleep(200);
            long begin = System.nanoTime();
            Duration before = container.stats().cpuTime().orElseThrow();
            TimeUnit.SECONDS.sleep(2);
            Duration used = container.stats().cpuTime().orElseThrow().minus(before);
            double share = used.toNanos() / (double) (System.nanoTime() - begin);

            // A loaded host may give less, never more.
            assertThat(share).isLessThan(0.6);
        }
    }

    @Test
    void forkBombStopsAtTheNumberOfProcesses() {
        ContainerSpec bomb = BUSYBOX.withCommand(
                        "sh", "-c", "sh -c 'while true; do sleep 100000 & done' 2>/dev/null; echo over; sleep 100000")
                .withPidsLimit(50)
                .withWait(Wait.forLog("over"));
        try (Container container = Engines.shared().start(bomb)) {
            // It is over because there was no further process to be had.
            assertThat(container.stats().processes().orElseThrow()).isBetween(45L, 50L);
        }
    }

    @Test
    void everyContainerHasAtMost2048Processes() {
        try (Container container =
                Engines.shared().start(SLEEPER.withLimits(Limits.none().withMemory(1L << 30)))) {
            String own = container
                    .exec("sh", "-c", "cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max 2>/dev/null")
                    .stdout();
            assertThat(own).isEqualTo("2048\n");
        }
    }

    @Test
    void containerSeesItsOwnLimitsAndCannotChangeThem() {
        try (Container container = Engines.shared().start(SLEEPER.withMemory("64m"))) {
            String memory = "/sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes";
            assertThat(container
                            .exec("sh", "-c", "cat " + memory + " 2>/dev/null")
                            .stdout())
                    .isEqualTo("67108864\n");
            assertThat(container
                            .exec("sh", "-c", "for f in " + memory + "; do [ -e $f ] && echo 1g > $f; done")
                            .stderr())
                    .contains("Read-only file system");
            assertThat(container.exec("sh", "-c", "cat /proc/self/cgroup").stdout())
                    .doesNotContain("bivouac");
        }
    }

    @Test
    void swapCountsBesideMemory() {
        Limits limits = Limits.none().withMemory(64L << 20).withMemorySwap(96L << 20);
        try (Container container = Engines.shared().start(SLEEPER.withLimits(limits))) {
            // Version 2 counts swap alone, version 1 both together.
            String files = "/sys/fs/cgroup/memory.swap.max /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes";
            assertThat(container
                            .exec("sh", "-c", "cat " + files + " 2>/dev/null")
                            .stdout())
                    .isIn("33554432\n", "100663296\n");
        }
    }

    @Test
    void processorsCanBeChosen() {
        try (Container container =
                Engines.shared().start(SLEEPER.withLimits(Limits.none().withCpuset("0")))) {
            assertThat(container
                            .exec("grep", "Cpus_allowed_list", "/proc/self/status")
                            .stdout())
                    .isEqualTo("Cpus_allowed_list:\t0\n");
        }
    }

    @Test
    void diskIsSlowedDown() {
        Limits slow = Limits.none().withIo(IoLimits.ofBytes(0, 1 << 20));
        try (Container container = Engines.shared().start(SLEEPER.withLimits(slow))) {
            long begin = System.nanoTime();
            container.exec("dd", "if=/dev/zero", "of=/large", "bs=1M", "count=3", "oflag=direct");

            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin)).isGreaterThan(1500);
        }
    }

    @Test
    void limitThatNothingEnforcesFailsTheStart(@TempDir Path folder) throws Exception {
        try (Child child =
                new ChildJvm().option("-Dbivouac.cgroup=none").start(LimitedStart.class, folder.toString())) {
            assertThat(child.await("failed "))
                    .isEqualTo(
                            "HostException: This host cannot limit a container's memory, processors: no control group with"
                                    + " these controllers is open to this user. Start the tests in one of their own, "
                                    + (Engines.isRoot() ? "systemd-run" : "systemd-run --user")
                                    + " --scope -p Delegate=yes COMMAND, or go without by -Dbivouac.limits=best-effort.");
        }
        try (Child child = new ChildJvm()
                .option("-Dbivouac.cgroup=none")
                .option("-Dbivouac.limits=best-effort")
                .start(LimitedStart.class, folder.toString())) {
            assertThat(child.await("started")).isEmpty();
            // What it clears away is in our folder, and another user's where this one has several.
            assertThat(child.join()).as(child.output()).isZero();
        }
    }

    @Test
    void limitsCountInAHierarchyOfTheirOwn(@TempDir Path folder) {
        try (Engine engine = Engine.open(Engines.options().withStore(folder));
                Container container = engine.start(SLEEPER)) {
            container.exec("sh", "-c", "dd if=/dev/zero of=/dev/shm/x bs=1M count=20");
            Stats stats = container.stats();

            assertThat(stats.memory().orElseThrow()).isBetween(20L << 20, 60L << 20);
            assertThat(stats.processes()).hasValue(1);
            assertThat(stats.cpuTime())
                    .hasValueSatisfying(time -> assertThat(time).isPositive());
        }
    }
}
