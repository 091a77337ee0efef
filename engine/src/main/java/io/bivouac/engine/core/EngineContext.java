package io.bivouac.engine.core;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.Container;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.HostException;
import io.bivouac.engine.cgroup.CgroupHost;
import io.bivouac.engine.lsm.Labeller;
import io.bivouac.engine.rootfs.Committer;
import io.bivouac.engine.rootfs.Differ;
import io.bivouac.engine.rootfs.LayerUnpacker;
import io.bivouac.engine.rootfs.OverlayStacks;
import io.bivouac.engine.store.LayerFolders;
import io.bivouac.engine.store.Store;
import io.bivouac.engine.warden.IdMapping;
import io.bivouac.engine.warden.WardenClient;
import io.bivouac.engine.warden.WardenException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The parts of one engine, wired. */
final class EngineContext {
    final EngineOptions options;
    final IdMapping mapping;
    final Store store;
    final Sessions sessions;
    final LayerUnpacker unpacker;
    final LayerFolders folders;
    final AccountsReader accounts;
    final LaunchPlanner planner;
    final Labeller labeller;
    final CgroupHost cgroups = new CgroupHost();
    final Committer committer;
    final Differ differ;
    final DefaultImages images;
    final Threads threads = new Threads();
    /** Folders of layers that killed writers left half-written. */
    private final List<Path> left;

    EngineContext(EngineOptions options) {
        this.options = options;
        threads.execute(WardenClient::prepare);
        try {
            mapping = IdMapping.ofHost();
        } catch (IOException e) {
            throw new HostException(
                    "The user this process runs as cannot be told: " + e.getMessage() + ". Mount /proc.", e);
        }
        store = Store.open(
                options.store().orElseGet(this::defaultStore),
                options.storeReserve().orElse(-1));
        folders = new LayerFolders(store.layout(), mapping.layersName());
        OverlayStacks stacks = new OverlayStacks(folders, mapping.rootless());
        left = sweepAside();
        planner = new LaunchPlanner(
                new Isolation(mapping, cgroups), new ProcessPlanner(mapping), stacks, options.logLimit());
        sessions = new Sessions(store.layout(), mapping, cgroups, planner, this::removeLeft);
        labeller = Labeller.ofHost(store.layout().categoryLock());
        unpacker = new LayerUnpacker(store, folders, stacks, labeller.ofLayers(), threads.workers());
        accounts = new AccountsReader(folders);
        committer = new Committer(store, stacks);
        differ = new Differ(stacks);
        images = new DefaultImages(store, options, threads, this::removeAside);
    }

    private Path defaultStore() {
        if (!mapping.rootless()) {
            return Path.of("/var/lib/bivouac");
        }
        String cache = System.getenv("XDG_CACHE_HOME");
        Path base = cache != null && cache.startsWith("/")
                ? Path.of(cache)
                : Path.of(System.getProperty("user.home", "/tmp"), ".cache");
        return base.resolve("bivouac");
    }

    /** Layers nobody needs any more; with no session at hand one is started, since only it may remove files of mapped ids. */
    private void removeAside(List<Path> unneeded) {
        if (!unneeded.isEmpty()) {
            Attempts.run(
                    "Removing unpacked layers failed",
                    () -> sessions.get().client().remove(unneeded));
        }
    }

    /** At once on opening, before this engine brings in anything of its own: a store that somebody writes to is left alone. */
    private List<Path> sweepAside() {
        try {
            return store.sweepAside();
        } catch (IOException e) {
            // Garbage of somebody else: the next engine tries again, and nothing waits for it.
            return List.of();
        }
    }

    /** On the thread that started the session, beside whatever it was started for. */
    private void removeLeft(Session session) {
        try {
            if (!left.isEmpty()) {
                session.client().remove(left);
            }
        } catch (WardenException | BivouacException e) {
            // As above.
        }
    }

    /** What was removed while containers ran on it goes with them. */
    private void collectRemoved() {
        Optional<Session> session = sessions.running();
        if (images.hasRemoved() && session.isPresent()) {
            Attempts.run("Removing images failed", () -> {
                session.get().unpin(store);
                removeAside(store.collect());
            });
        }
    }

    /** Ends the session, and with it every container at once; {@code open} are those that were not closed. */
    void close(List<? extends Container> open) {
        try {
            if (images.hasRemoved()) {
                open.forEach(Container::close);
                collectRemoved();
            }
        } finally {
            endSession();
        }
        open.forEach(Container::close);
    }

    private void endSession() {
        sessions.close();
        threads.close();
    }
}
