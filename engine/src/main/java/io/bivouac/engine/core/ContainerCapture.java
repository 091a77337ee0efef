package io.bivouac.engine.core;

import io.bivouac.engine.Capture;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.ExitStatus;
import io.bivouac.engine.Health;
import io.bivouac.engine.InterruptionException;
import io.bivouac.engine.store.StoredImage;
import io.bivouac.engine.warden.Freezing;
import io.bivouac.engine.warden.WardenException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Several containers at one instant: frozen together, recorded in parallel, thawed together. */
final class ContainerCapture implements Capture {
    private final List<DefaultContainer> containers;
    private final List<Captured> captured;
    private final RecordFiles records;
    private final Instant time;

    /** One container as it was. */
    record Captured(
            String name,
            ContainerSpec spec,
            StoredImage base,
            Map<Integer, Integer> ports,
            ContainerState state,
            @Nullable Integer exitCode,
            @Nullable Health health,
            boolean exact,
            String logs,
            Path recordFile) {}

    private ContainerCapture(
            List<DefaultContainer> containers, List<Captured> captured, RecordFiles records, Instant time) {
        this.containers = List.copyOf(containers);
        this.captured = List.copyOf(captured);
        this.records = records;
        this.time = time;
    }

    static ContainerCapture of(EngineContext context, List<DefaultContainer> containers) {
        return Attempts.call("Capturing " + containers.size() + " containers failed", () -> {
            // Checks would stand still as well, and their time would not.
            Object reason = new Object();
            containers.forEach(container -> container.run().holdChecks(reason));
            try {
                return frozen(context, containers);
            } finally {
                containers.forEach(container -> container.run().releaseChecks(reason));
            }
        });
    }

    private static ContainerCapture frozen(EngineContext context, List<DefaultContainer> containers)
            throws IOException, WardenException {
        Instant time = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        List<Freezing> frozen = freeze(containers);
        RecordFiles records = new RecordFiles();
        try {
            return new ContainerCapture(containers, captureAll(context, containers, records), records, time);
        } finally {
            thaw(containers, frozen);
        }
    }

    private static List<Freezing> freeze(List<DefaultContainer> containers) throws WardenException {
        List<Freezing> running = new ArrayList<>();
        for (DefaultContainer container : containers) {
            if (container.state() == ContainerState.RUNNING) {
                running.add(container.run().freezing());
            }
        }
        if (!running.isEmpty()) {
            containers.get(0).run().warden().freeze(running);
        }
        return running;
    }

    private static void thaw(List<DefaultContainer> containers, List<Freezing> frozen) throws WardenException {
        if (!frozen.isEmpty()) {
            containers.get(0).run().warden().thaw(frozen);
        }
    }

    private static Captured capture(DefaultContainer container, RecordFiles records)
            throws IOException, WardenException {
        ContainerRun run = container.run();
        ExitStatus exit = run.exit().isDone() && !run.exit().isCompletedExceptionally()
                ? run.exit().join()
                : null;
        return new Captured(
                run.name(),
                run.spec(),
                run.image(),
                run.ports(),
                run.state(),
                exit == null ? null : exit.code(),
                container.health().orElse(null),
                run.freezesExactly(),
                run.drainedLogs().text(),
                records.keep(container.files().record()));
    }

    private static List<Captured> captureAll(
            EngineContext context, List<DefaultContainer> containers, RecordFiles records)
            throws IOException, WardenException {
        List<Future<Captured>> running = new ArrayList<>();
        containers.forEach(
                container -> running.add(context.threads.workers().submit(() -> capture(container, records))));
        try {
            List<Captured> results = new ArrayList<>();
            for (Future<Captured> each : running) {
                results.add(each.get());
            }
            return results;
        } catch (InterruptedException e) {
            abandon(running, records);
            Thread.currentThread().interrupt();
            throw new InterruptionException("Capturing ended", e);
        } catch (ExecutionException e) {
            abandon(running, records);
            if (e.getCause() instanceof WardenException cause) {
                throw cause;
            }
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IOException(e.getCause());
        }
    }

    private static void abandon(List<Future<Captured>> running, RecordFiles records) {
        running.forEach(each -> each.cancel(true));
        records.deleteAll();
    }

    List<Captured> captured() {
        return captured;
    }

    Instant time() {
        return time;
    }

    @Override
    public List<Container> containers() {
        return List.copyOf(containers);
    }

    @Override
    public void close() {
        records.deleteAll();
    }
}
