package io.bivouac.engine.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.Health;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HealthMonitorTests {
    private final FakeTarget target = new FakeTarget();
    private final HealthMonitor monitor = monitor(0);

    private HealthMonitor monitor(int startPeriod) {
        return new HealthMonitor(
                new HealthPlan(
                        List.of("check"),
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(startPeriod),
                        Duration.ofSeconds(5),
                        3),
                target);
    }

    @AfterEach
    void atMostOneTimerWaits() {
        // A check that called itself off was interrupted, and it is this thread that ran it.
        Thread.interrupted();
        assertThat(target.waiting()).isLessThanOrEqualTo(1);
    }

    @Test
    void firstCheckComesOneIntervalAfterTheStart() {
        target.answer(0);
        monitor.begin();

        target.pass(29);
        assertThat(target.checkedAt()).isEmpty();
        assertThat(monitor.health()).isEqualTo(new Health(Health.Status.STARTING, 0, List.of()));
        target.pass(1);
        assertThat(target.checkedAt()).containsExactly(30L);
        assertThat(monitor.health().status()).isEqualTo(Health.Status.HEALTHY);
        target.pass(60);
        assertThat(target.checkedAt()).containsExactly(30L, 60L, 90L);
    }

    @Test
    void resultSaysWhenWhatAndHowItEnded() {
        target.answer(3);
        target.write("no answer\n");
        target.during(() -> target.pass(2));
        monitor.begin();

        target.pass(30);

        assertThat(monitor.health().results())
                .containsExactly(
                        new Health.Result(Instant.ofEpochSecond(30), Instant.ofEpochSecond(32), 3, "no answer\n"));
        assertThat(monitor.health().last())
                .isEqualTo(monitor.health().results().stream().findFirst());
    }

    @Test
    void intervalCountsFromTheEndOfACheck() {
        target.answer(0);
        target.during(() -> target.pass(7));
        monitor.begin();

        target.pass(30);
        target.during(() -> {});
        target.pass(30);

        assertThat(target.checkedAt()).containsExactly(30L, 67L);
    }

    @Test
    void startPeriodHasAnIntervalOfItsOwnUntilASuccess() {
        HealthMonitor slow = monitor(60);
        target.answer(1, 1, 0, 1);
        slow.begin();

        target.pass(50);

        assertThat(target.checkedAt()).containsExactly(5L, 10L, 15L, 45L);
        assertThat(slow.health())
                .extracting(Health::status, Health::failingStreak)
                .containsExactly(Health.Status.HEALTHY, 1);
        slow.end();
    }

    @Test
    void whoWaitsIsToldOnceItIsHealthy() {
        target.answer(1, 0);
        monitor.begin();
        CompletableFuture<Health> settled = monitor.settled();

        target.pass(30);
        assertThat(settled).isNotDone();
        target.pass(30);
        assertThat(settled.join().status()).isEqualTo(Health.Status.HEALTHY);
        assertThat(monitor.settled()).isDone();
    }

    @Test
    void whoWaitsIsToldOnceItIsUnhealthyAndLaterThatItIsHealthy() {
        target.answer(1, 1, 1, 0);
        monitor.begin();
        CompletableFuture<Health> settled = monitor.settled();

        target.pass(60);
        assertThat(settled).isNotDone();
        target.pass(30);
        assertThat(settled.join().status()).isEqualTo(Health.Status.UNHEALTHY);
        target.pass(30);
        assertThat(monitor.settled().join().status()).isEqualTo(Health.Status.HEALTHY);
    }

    @Test
    void checkThatCannotBeRunHasFailedAndSaysWhy() {
        target.write("half a li");
        target.failWith("It took too long.");
        monitor.begin();

        target.pass(30);

        assertThat(monitor.health().last())
                .hasValueSatisfying(last -> assertThat(last.output()).isEqualTo("It took too long.\nhalf a li"));
        assertThat(monitor.health().last())
                .hasValueSatisfying(last -> assertThat(last.exitCode()).isEqualTo(-1));
        assertThat(monitor.health().failingStreak()).isEqualTo(1);
    }

    @Test
    void outputIsCutAndThatIsSaid() {
        target.answer(0);
        target.write("x".repeat(4096));
        monitor.begin();
        target.pass(30);
        assertThat(monitor.health().last().orElseThrow().output()).isEqualTo("x".repeat(4096));

        target.write("x".repeat(4097));
        target.pass(30);
        assertThat(monitor.health().last().orElseThrow().output()).isEqualTo("x".repeat(4096) + "...");
    }

    @Test
    void checkOfWhatIsNotThereCountsForNothing() {
        target.answerNothing();
        monitor.begin();

        target.pass(60);

        assertThat(target.checkedAt()).containsExactly(30L, 60L);
        assertThat(monitor.health()).isEqualTo(new Health(Health.Status.STARTING, 0, List.of()));
    }

    @Test
    void nothingIsCheckedWhileHeldAndTheIntervalBeginsAnew() {
        target.answer(0);
        monitor.begin();
        target.pass(20);

        monitor.hold("paused");
        assertThat(target.waiting()).isZero();
        target.pass(1000);
        monitor.release("paused");
        target.pass(29);
        assertThat(target.checkedAt()).isEmpty();
        target.pass(1);
        assertThat(target.checkedAt()).containsExactly(1050L);
    }

    @Test
    void everyReasonToHoldMustBeGone() {
        target.answer(0);
        monitor.begin();

        monitor.hold("paused");
        monitor.hold("captured");
        monitor.release("captured");
        target.pass(100);
        assertThat(target.checkedAt()).isEmpty();
        monitor.release("paused");
        monitor.release("paused");
        target.pass(30);
        assertThat(target.checkedAt()).containsExactly(130L);
    }

    @Test
    void checkUnderWayWhenHeldCountsForNothing() {
        target.answer(1);
        target.during(() -> monitor.hold("paused"));
        monitor.begin();

        target.pass(1000);

        assertThat(target.checkedAt()).containsExactly(30L);
        assertThat(monitor.health().results()).isEmpty();
        assertThat(target.waiting()).isZero();
    }

    @Test
    void checkUnderWayAtTheEndCountsForNothing() {
        target.answer(0);
        target.during(monitor::end);
        monitor.begin();

        target.pass(1000);

        assertThat(target.checkedAt()).containsExactly(30L);
        assertThat(monitor.health().status()).isEqualTo(Health.Status.STARTING);
        assertThat(monitor.settled()).isNotDone();
        assertThat(target.waiting()).isZero();
    }

    @Test
    void endKeepsWhatWasFoundOutAndChecksNoMore() {
        target.answer(0);
        monitor.begin();
        target.pass(30);

        monitor.end();
        monitor.hold("stopped");
        monitor.release("stopped");
        target.pass(1000);

        assertThat(target.checkedAt()).containsExactly(30L);
        assertThat(monitor.health().status()).isEqualTo(Health.Status.HEALTHY);
        assertThat(target.waiting()).isZero();
    }

    @Test
    void everythingBeginsAnewWithAStart() {
        target.answer(1, 1, 1, 0);
        monitor.begin();
        target.pass(95);
        monitor.hold("paused");
        monitor.end();

        monitor.begin();

        assertThat(monitor.health()).isEqualTo(new Health(Health.Status.STARTING, 0, List.of()));
        assertThat(monitor.settled()).isNotDone();
        target.pass(30);
        assertThat(target.checkedAt()).containsExactly(30L, 60L, 90L, 125L);
        assertThat(monitor.health().status()).isEqualTo(Health.Status.HEALTHY);
    }

    /** A check of the run before may end long after. */
    @Test
    void checkOfTheRunBeforeCountsForNothing() {
        target.answer(0);
        target.during(() -> {
            target.during(() -> {});
            monitor.end();
            monitor.begin();
        });
        monitor.begin();

        target.pass(30);

        assertThat(monitor.health()).isEqualTo(new Health(Health.Status.STARTING, 0, List.of()));
        target.pass(30);
        assertThat(target.checkedAt()).containsExactly(30L, 60L);
        assertThat(monitor.health().status()).isEqualTo(Health.Status.HEALTHY);
    }
}
