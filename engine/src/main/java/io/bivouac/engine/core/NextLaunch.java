package io.bivouac.engine.core;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.cgroup.Cgroups;
import io.bivouac.engine.network.ContainerNetwork;
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
 * A start of which the warden has made ahead what hardly depends on the container: a process, mount and network namespaces, the
 * folder that the container writes to and its control groups, a quarter of each start. A session that has started one container
 * keeps one for the next.
 */
final class NextLaunch implements AutoCloseable {
    private final WardenClient warden;
    private final Path sessionFolder;
    private final Cgroups cgroups;
    private @Nullable Launch prepared;
    private boolean preparing;
    private boolean closed;

    NextLaunch(WardenClient warden, Path sessionFolder, Cgroups cgroups) {
        this.warden = warden;
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
        String id = LaunchPlanner.newId();
        String folder = LaunchPlanner.folder(id);
        return warden.announce(new Announcement(id, folder, ContainerNetwork.ADDRESSES, cgroups.container(folder)));
    }

    /** Removes what its process has left: somebody may have killed it. */
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
            launch = announce();
            launch.awaitPrepared();
        } catch (WardenException | BivouacException e) {
            // The start that needs it announces itself, and says what fails.
            if (launch != null) {
                discard(launch);
            }
            launch = null;
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
