package io.bivouac.engine.core;

import io.bivouac.engine.InternalException;
import io.bivouac.engine.cgroup.Cgroups;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.store.Store;
import io.bivouac.engine.store.StoredImage;
import io.bivouac.engine.warden.MonitorEvents;
import io.bivouac.engine.warden.WardenClient;
import io.bivouac.engine.warden.WardenProcess;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A running session. */
final class Session implements AutoCloseable {
    private final WardenProcess process;
    private final WardenClient client;
    private final MonitorEvents events;
    private final Cgroups cgroups;
    private final NextLaunch nextLaunch;
    private final Set<Digest> pinned = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    Session(WardenProcess process, WardenClient client, MonitorEvents events, LaunchPlanner planner, Cgroups cgroups) {
        this.process = process;
        this.client = client;
        this.events = events;
        this.cgroups = cgroups;
        this.nextLaunch = new NextLaunch(client, planner, folder(), cgroups);
    }

    /** Speaks to the warden. */
    WardenClient client() {
        return client;
    }

    /** What monitors report. */
    MonitorEvents events() {
        return events;
    }

    /** The start of a container that will be created. */
    NextLaunch nextLaunch() {
        return nextLaunch;
    }

    /** Where containers' groups lie. */
    Cgroups cgroups() {
        return cgroups;
    }

    /** The session's own folder. */
    Path folder() {
        return process.plan().folder();
    }

    /** Keeps an image as long as the session lives; once is enough. */
    void pin(Store store, StoredImage image) throws IOException {
        Digest digest = image.descriptor().digest();
        if (!pinned.contains(digest)) {
            try {
                store.pin(process.plan().id(), image);
            } catch (NoSuchFileException e) {
                throw closed
                        ? Sessions.closed(e)
                        : new InternalException("The session was killed; the next start begins another one.", e);
            }
            pinned.add(digest);
        }
    }

    /** Takes back every pin; no container may run any more. */
    void unpin(Store store) throws IOException {
        store.unpin(process.plan().id());
        pinned.clear();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Whether its engine has ended it, or is about to. */
    boolean isClosed() {
        return closed;
    }

    /** Whether its end, by its engine or by somebody who killed it, is why it gave no answer. */
    boolean isEnding() {
        return closed || process.isEnding();
    }

    @Override
    public void close() {
        closed = true;
        nextLaunch.close();
        process.close();
        events.close();
    }
}
