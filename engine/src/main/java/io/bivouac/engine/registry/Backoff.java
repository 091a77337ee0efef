package io.bivouac.engine.registry;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Tries again what may succeed later: a few times, at growing intervals that differ from one client to the next. */
final class Backoff {
    /** However much progress each makes. */
    private static final int ALL_ATTEMPTS = 100;

    private final Patience patience;
    private int attempts;
    private int inARow;

    Backoff(Patience patience) {
        this.patience = patience;
    }

    /** What was tried got further: patience begins anew. */
    void progressed() {
        inARow = 0;
    }

    /**
     * Waits before the next attempt; throws the failure when there is none.
     *
     * @param wish of the registry, how long to wait
     */
    void await(RegistryFailure failure, Optional<Duration> wish) throws IOException {
        attempts++;
        inARow++;
        boolean tooLong = wish.isPresent() && wish.get().compareTo(patience.longestPause()) > 0;
        if (tooLong || inARow >= patience.attempts() || attempts >= ALL_ATTEMPTS) {
            throw failure;
        }
        long grown = patience.pause().toMillis() << Math.min(inARow - 1, 10);
        long jitter = ThreadLocalRandom.current().nextLong(1 + grown / 4);
        long millis = wish.map(Duration::toMillis).orElse(grown) + jitter;
        try {
            TimeUnit.MILLISECONDS.sleep(Math.min(millis, patience.longestPause().toMillis()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }
}
