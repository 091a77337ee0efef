package io.bivouac.engine.registry;

import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/** Adds up how far several blobs have come, and tells that not more than some times a second. */
public final class TransferMeter {
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final LongConsumer listener;
    private final Map<Digest, Long> reached = new HashMap<>();
    private long sum;
    private long told;
    private boolean first = true;

    /**
     * @param listener hears the sum; it is never called by two threads at once
     */
    public TransferMeter(LongConsumer listener) {
        this.listener = listener;
    }

    /** A blob has come so far; backwards, too, when it had to begin anew. */
    public synchronized void reached(Descriptor blob, long bytes) {
        Long before = reached.put(blob.digest(), bytes);
        sum += bytes - (before == null ? 0 : before);
        long now = System.nanoTime();
        if (first || now - told >= INTERVAL_NANOS) {
            first = false;
            told = now;
            listener.accept(sum);
        }
    }
}
