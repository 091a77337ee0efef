package io.bivouac.engine.registry;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** An answer that may be another one a moment later. */
final class PassingFailure extends IOException {
    private static final long serialVersionUID = 1L;

    private final RegistryFailure failure;
    private final transient Optional<Duration> wish;

    /**
     * @param failure what it is if it lasts
     * @param wish of the registry, how long to wait
     */
    PassingFailure(RegistryFailure failure, Optional<Duration> wish) {
        super(failure.getMessage(), failure);
        this.failure = failure;
        this.wish = wish;
    }

    RegistryFailure failure() {
        return failure;
    }

    Optional<Duration> wish() {
        return wish;
    }
}
