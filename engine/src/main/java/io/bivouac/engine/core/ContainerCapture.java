package io.bivouac.engine.core;

import io.bivouac.engine.Capture;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.ExitStatus;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.store.StoredImage;
import io.bivouac.engine.warden.Freezing;
import io.bivouac.engine.warden.WardenException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Several containers at one instant: frozen together, recorded in parallel, thawed together. */
final class ContainerCapture implements Capture {
    private final List<DefaultContainer> containers;
    private final List<Captured> captured;
    private final Instant time;

    /** One container as it was. */
    record Captured(
            String name,
            ContainerSpec spec,
            StoredImage base,
            Map<Integer, Integer> ports,
            ContainerState state,
            @Nullable Integer exitCode,
            boolean exact,
            String logs,
            Path recordFile) {}

    private ContainerCapture(List<DefaultContainer> containers, List<Captured> captured, Instant time) {
        this.containers = List.copyOf(containers);
        this.captured = List.copyOf(captured);
        this.time = time;
    }

    static ContainerCapture of(EngineContext context, List<DefaultContainer> containers) {
        return Attempts.call("Capturing " + containers.size() + " containers failed", () -> {
            Instant time = Instant.now().truncatedTo(ChronoUnit.MILLIS);
            List<Freezing> frozen = freeze(containers);
            try {
                List<Callable<Captured>> tasks = new ArrayList<>();
                containers.forEach(container -> tasks.add(() -> capture(container)));
                return new ContainerCapture(containers, runAll(context, tasks), time);
            } finally {
                thaw(containers, frozen);
            }
        });
    }

    private static List<Freezing> freeze(List<DefaultContainer> containers) throws WardenException {
        List<Freezing> running = new ArrayList<>();
        for (DefaultContainer container : containers) {
            if (container.state() == ContainerState.RUNNING) {
                running.add(container.run().freezing());
            }
        }
        if (!running.isEmpty()) {
            containers.get(0).run().warden().freeze(true, running);
        }
        return running;
    }

    private static void thaw(List<DefaultContainer> containers, List<Freezing> frozen) throws WardenException {
        if (!frozen.isEmpty()) {
            containers.get(0).run().warden().freeze(false, frozen);
        }
    }

    private static Captured capture(DefaultContainer container) throws WardenException {
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
                run.freezesExactly(),
                run.logs().text(),
                container.files().record());
    }

    private static List<Captured> runAll(EngineContext context, List<Callable<Captured>> tasks)
            throws IOException, WardenException {
        List<Captured> results = new ArrayList<>();
        try {
            for (Future<Captured> future : context.threads.workers().invokeAll(tasks)) {
                results.add(future.get());
            }
            return results;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InternalException("Interrupted while capturing.", e);
        } catch (ExecutionException e) {
            delete(results);
            if (e.getCause() instanceof WardenException cause) {
                throw cause;
            }
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IOException(e.getCause());
        }
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

    private static void delete(List<Captured> results) {
        for (Captured result : results) {
            try {
                Files.deleteIfExists(result.recordFile());
            } catch (IOException e) {
                throw new InternalException("The record " + result.recordFile() + " could not be removed.", e);
            }
        }
    }

    @Override
    public void close() {
        delete(captured);
    }
}
