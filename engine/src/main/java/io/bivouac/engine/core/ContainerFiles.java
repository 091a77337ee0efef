package io.bivouac.engine.core;

import io.bivouac.engine.Change;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.Image;
import io.bivouac.engine.rootfs.UpperDirectory;
import io.bivouac.engine.tree.TreeWriter;
import io.bivouac.engine.warden.TreeConnection;
import io.bivouac.engine.warden.TreePlan;
import io.bivouac.engine.warden.WardenException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** What goes into a container's file system and comes out of it. */
final class ContainerFiles {
    private final EngineContext context;
    private final ContainerRun run;
    private final AtomicInteger snapshots = new AtomicInteger();

    ContainerFiles(EngineContext context, ContainerRun run) {
        this.context = context;
        this.run = run;
    }

    void copyTo(Path source, String target) {
        String attempt = "Copying " + source + " to " + target + " in the " + run.describe() + " failed";
        TreePlan plan = TreePlan.ofContainer(run.id(), absolute(target), TreePlan.KEEP_FOLDERS);
        boolean folder = Files.isDirectory(source);
        write(attempt, folder ? plan : plan.withName(CopyIn.name(source)), out -> CopyIn.copy(source, out));
    }

    void copyTo(byte[] content, String target, int mode) {
        String attempt = "Writing " + target + " in the " + run.describe() + " failed";
        String path = absolute(target);
        String name = path.substring(path.lastIndexOf('/') + 1);
        TreePlan plan =
                TreePlan.ofContainer(run.id(), path, TreePlan.KEEP_FOLDERS).withName(name.isEmpty() ? "content" : name);
        write(attempt, plan, out -> CopyIn.copy(content, plan.name(), mode, out));
    }

    private static String absolute(String path) {
        return path.startsWith("/") ? path : "/" + path;
    }

    /** Produces records. */
    @FunctionalInterface
    private interface Records {
        void writeTo(TreeWriter out) throws IOException;
    }

    private void write(String attempt, TreePlan plan, Records records) {
        run.requireOpen();
        Attempts.run(attempt, () -> {
            try (TreeConnection connection = run.warden().writeTree(plan)) {
                try {
                    records.writeTo(connection.writer());
                } catch (IOException e) {
                    throw connection.unwrap(e);
                }
                connection.finish();
            }
        });
    }

    void copyFrom(String source, Path target) {
        run.requireOpen();
        String attempt = "Copying " + source + " of the " + run.describe() + " to " + target + " failed";
        TreePlan plan = TreePlan.ofContainer(run.id(), absolute(source), TreePlan.CONTENT | TreePlan.RECURSE);
        Attempts.run(attempt, () -> {
            try (TreeConnection connection = run.warden().readTree(plan)) {
                try {
                    CopyOut.copy(connection.reader(), target.toAbsolutePath());
                } catch (IOException e) {
                    throw connection.unwrap(e);
                }
                connection.finish();
            }
        });
    }

    List<Change> diff() {
        run.requireOpen();
        return Attempts.call(
                "Comparing the " + run.describe() + " with its image failed",
                () -> context.differ.diff(upper(), run.warden()));
    }

    private UpperDirectory upper() {
        return new UpperDirectory(run.folder().resolve("upper"), run.image().chain());
    }

    /** Keeps the upper directory aside; the caller has made everything stand still, or does not care. */
    Path record() throws IOException, WardenException {
        String name = LaunchPlanner.folder(run.id()) + "-" + snapshots.incrementAndGet() + ".record";
        Path file = run.session().folder().resolve(name);
        try {
            context.committer.record(upper(), file, run.warden());
            return file;
        } catch (WardenException | RuntimeException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }

    /** Freezes, records, thaws. */
    DefaultSnapshot snapshot(DefaultContainer container) {
        run.requireOpen();
        return Attempts.call("Taking a snapshot of the " + run.describe() + " failed", () -> {
            boolean exact = run.freezesExactly();
            boolean freeze = run.state() == ContainerState.RUNNING;
            Object reason = new Object();
            // A check in there would stand still as well, and its time would not.
            run.holdChecks(reason);
            try {
                return new DefaultSnapshot(context, container, run.image(), freeze ? frozen() : record(), exact);
            } finally {
                run.releaseChecks(reason);
            }
        });
    }

    private Path frozen() throws IOException, WardenException {
        freezeIfRunning();
        try {
            return record();
        } finally {
            thawIfRunning();
        }
    }

    private void freezeIfRunning() throws WardenException {
        try {
            run.warden().freeze(List.of(run.freezing()));
        } catch (WardenException e) {
            if (!run.exit().isDone()) {
                throw e;
            }
        }
    }

    private void thawIfRunning() throws WardenException {
        try {
            run.warden().thaw(List.of(run.freezing()));
        } catch (WardenException e) {
            if (!run.exit().isDone()) {
                throw e;
            }
        }
    }

    Image commit(DefaultContainer container, String reference) {
        DefaultImages.parse(reference);
        try (DefaultSnapshot snapshot = snapshot(container)) {
            return snapshot.commit(reference);
        }
    }
}
