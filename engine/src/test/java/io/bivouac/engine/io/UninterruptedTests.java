package io.bivouac.engine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.InterruptionException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UninterruptedTests {
    private final List<Boolean> statuses = new ArrayList<>();

    @AfterEach
    void clear() {
        Thread.interrupted();
    }

    @Test
    void interruptionBeforeIsHeldBack() {
        Thread.currentThread().interrupt();

        Uninterrupted.run(() -> statuses.add(Thread.currentThread().isInterrupted()));

        assertThat(statuses).containsExactly(false);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void taskThatIsInterruptedIsDoneAgain() {
        Uninterrupted.run(() -> {
            statuses.add(Thread.currentThread().isInterrupted());
            if (statuses.size() < 3) {
                Thread.currentThread().interrupt();
                throw new InterruptionException("Discarding ended", new InterruptedException());
            }
        });

        assertThat(statuses).containsExactly(false, false, false);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void otherFailuresAreThrown() {
        assertThatThrownBy(() -> Uninterrupted.run(() -> {
                    throw new IllegalStateException("broken");
                }))
                .hasMessage("broken");
        assertThat(Thread.interrupted()).isFalse();
    }
}
