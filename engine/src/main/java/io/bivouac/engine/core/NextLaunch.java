package io.bivouac.engine.core;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.cgroup.Cgroups;
import io.bivouac.engine.warden.Announcement;
import io.bivouac.engine.warden.Launch;
import io.bivouac.engine.warden.WardenClient;
import io.bivouac.engine.warden.WardenException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A start of which the warden has made ahead what hardly depends on the container, or what the last one had: a process, mount and
 * network namespaces, the folder that the container writes to and the overlay on it, its devices and its control groups, a third of
 * each start. A session that has started one container keeps one for the next.
 */
final class NextLaunch implements AutoCloseable {
    private final WardenClient warden;
    private final LaunchPlanner planner;
    private final Path sessionFolder;
    private final Cgroups cgroups;
    private volatile Expected expected = Expected.NOTHING;
    private @Nullable Launch prepared;
    private boolean announcing;
    private boolean closed;

    NextLaunch(WardenClient warden, LaunchPlanner planner, Path sessionFolder, Cgroups cgroups) {
        this.warden = warden;
        this.planner = planner;
        this.sessionFolder = sessionFolder;
        this.cgroups = cgroups;
    }

    /** The one that was made ahead, or one that is announced now. */
    Launch take() {
        Launch launch = takePrepared();
        if (launch != null) {
            if (launch.isWaiting()) {
                return launch;
            }
            discard(launch);
        }
        return announce();
    }

    private Launch announce() {
        return warden.announce(planner.announcement(cgroups, expected));
    }

    /** Removes what its process has left: it may have failed, or somebody have killed it. */
    private void discard(Launch launch) {
        launch.close();
        Announcement announced = launch.announced().orElseThrow();
        String folder = sessionFolder.resolve(announced.folder()).toString();
        try {
            warden.discard(Optional.empty(), announced.id(), List.of(folder), announced.cgroups());
        } catch (WardenException | BivouacException e) {
            // The end of the session removes it as well.
        }
    }

    private synchronized @Nullable Launch takePrepared() {
        Launch launch = prepared;
        prepared = null;
        return launch;
    }

    /** Makes one ahead on another thread, unless there is one, that is like the one that has just started. */
    void prepare(Executor threads, ContainerRun last) {
        expected = expected.after(last);
        if (begin()) {
            threads.execute(this::prepare);
        }
    }

    private synchronized boolean begin() {
        if (closed || announcing || prepared != null) {
            return false;
        }
        announcing = true;
        return true;
    }

    private void prepare() {
        Launch launch = null;
        try {
            launch = announce();
        } catch (BivouacException e) {
            // The start that needs it announces itself, and says what fails.
        } finally {
            close(keep(launch));
        }
    }

    /** What is not kept. */
    private synchronized @Nullable Launch keep(@Nullable Launch launch) {
        announcing = false;
        if (closed) {
            return launch;
        }
        prepared = launch;
        return null;
    }

    private static void close(@Nullable Launch launch) {
        if (launch != null) {
            launch.close();
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        close(takePrepared());
    }
}
