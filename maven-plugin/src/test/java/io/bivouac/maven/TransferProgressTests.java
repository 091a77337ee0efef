package io.bivouac.maven;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.Transfer;
import io.bivouac.engine.Transfer.Direction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransferProgressTests {
    private static final long TOTAL = 181_000_000;

    private final List<String> log = new ArrayList<>();
    private final List<String> terminal = new ArrayList<>();
    private long now;

    private TransferProgress progress(boolean lively) {
        return new TransferProgress(log::add, terminal::add, lively, () -> now);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    private static Transfer pull(long bytes, boolean done) {
        return new Transfer(Direction.PULL, "postgres:15", bytes, TOTAL, done);
    }

    @Test
    void terminalSeesOneLineThatChanges() {
        TransferProgress progress = progress(true);

        progress.accept(pull(0, false));
        pass(Duration.ofSeconds(1));
        progress.accept(pull(TOTAL / 2, false));
        pass(Duration.ofSeconds(1));
        progress.accept(pull(TOTAL, true));

        assertThat(terminal)
                .containsExactly(
                        "\r\u001b[KPulling postgres:15 [                        ]   0 % of 181.0 MB, 0.0 MB/s",
                        "\r\u001b[KPulling postgres:15 [============            ]  50 % of 181.0 MB, 90.5 MB/s",
                        "\r\u001b[K");
        assertThat(log).containsExactly("Pulled postgres:15: 181.0 MB in 2.0 s.");
    }

    @Test
    void logHearsOfAShortTransferOnce() {
        TransferProgress progress = progress(false);

        for (int i = 0; i < 100; i++) {
            pass(Duration.ofMillis(99));
            progress.accept(new Transfer(Direction.PUSH, "db:1", i * TOTAL / 100, TOTAL, false));
        }
        progress.accept(new Transfer(Direction.PUSH, "db:1", TOTAL, TOTAL, true));

        assertThat(terminal).isEmpty();
        assertThat(log).containsExactly("Pushed db:1: 181.0 MB in 9.8 s.");
    }

    @Test
    void logHearsOfALongTransferEveryNowAndThen() {
        TransferProgress progress = progress(false);

        for (int second = 0; second < 35; second++) {
            progress.accept(pull(second * 1_000_000L, false));
            pass(Duration.ofSeconds(1));
        }

        assertThat(log)
                .containsExactly(
                        "Pulling postgres:15 [=                       ]   5 % of 181.0 MB, 1.0 MB/s",
                        "Pulling postgres:15 [==                      ]  11 % of 181.0 MB, 1.0 MB/s",
                        "Pulling postgres:15 [===                     ]  16 % of 181.0 MB, 1.0 MB/s");
    }

    @Test
    void eachImageHasItsOwnTime() {
        TransferProgress progress = progress(false);
        progress.accept(pull(0, false));
        pass(Duration.ofSeconds(3));
        progress.accept(pull(TOTAL, true));
        pass(Duration.ofSeconds(3));
        progress.accept(pull(TOTAL, true));

        assertThat(log)
                .containsExactly("Pulled postgres:15: 181.0 MB in 3.0 s.", "Pulled postgres:15: 181.0 MB in 0.0 s.");
    }
}
