package io.bivouac.engine.core;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.warden.Launch;
import io.bivouac.engine.warden.WardenClient;
import io.bivouac.engine.warden.WardenException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A start of which the warden has made ahead what does not depend on the container: a process and its network namespace, some
 * 300 µs of each start. A session that has started one container keeps one for the next.
 */
final class NextLaunch implements AutoCloseable {
    private final WardenClient warden;
    private @Nullable Launch prepared;
    private boolean preparing;
    private boolean closed;

    NextLaunch(WardenClient warden) {
        this.warden = warden;
    }

    /** The one that was made ahead, or one that is announced now. */
    Launch take() {
        Launch launch = takePrepared();
        if (launch != null) {
            if (launch.isWaiting()) {
                return launch;
            }
            // Somebody has killed the process that waited.
            launch.close();
        }
        return warden.announce();
    }

    private synchronized @Nullable Launch takePrepared() {
        Launch launch = prepared;
        prepared = null;
        return launch;
    }

    /** Makes one ahead on another thread, unless there is one. */
    void prepare(Executor threads) {
        if (begin()) {
            threads.execute(this::prepare);
        }
    }

    private synchronized boolean begin() {
        if (closed || preparing || prepared != null) {
            return false;
        }
        preparing = true;
        return true;
    }

    private void prepare() {
        Launch launch = null;
        try {
            launch = warden.announce();
            launch.awaitPrepared();
        } catch (WardenException | BivouacException e) {
            // The start that needs it announces itself, and says what fails.
            launch = close(launch);
        } finally {
            close(keep(launch));
        }
    }

    /** What is not kept. */
    private synchronized @Nullable Launch keep(@Nullable Launch launch) {
        preparing = false;
        if (closed) {
            return launch;
        }
        prepared = launch;
        return null;
    }

    private static @Nullable Launch close(@Nullable Launch launch) {
        if (launch != null) {
            launch.close();
        }
        return null;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        close(takePrepared());
    }
}
