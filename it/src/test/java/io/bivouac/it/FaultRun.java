package io.bivouac.it;

import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One run of a scenario, on a store of its own. */
final class FaultRun {
    private static final long PATIENCE_SECONDS = 20;

    private final Path folder;
    private final Path image;
    private final FaultTable table;
    private final Consumer<FaultTable> arming;

    /**
     * @param folder of this run's own
     * @param image a layout
     * @param arming lets calls fail from when the scenario says so
     */
    FaultRun(Path folder, Path image, Consumer<FaultTable> arming) throws IOException {
        this.folder = folder;
        this.image = image;
        this.table = FaultTable.create(folder.resolve("store"));
        this.arming = arming;
    }

    Path folder() {
        return folder;
    }

    Path store() {
        return folder.resolve("store");
    }

    FaultTable table() {
        return table;
    }

    void arm() {
        arming.accept(table);
    }

    Engine open() {
        return Engine.open(EngineOptions.defaults().withStore(store()).withImages(List.of(image)));
    }

    ContainerSpec spec(String... command) {
        return ContainerSpec.of("faults:1")
                .withName("c")
                .withEntrypoint(command)
                .withStopTimeout(Duration.ofSeconds(5))
                .withStartupTimeout(Duration.ofSeconds(10));
    }

    ContainerSpec sleeper() {
        return spec("/probe", "sleep", "0").withWait(Wait.forLog("sleeping"));
    }

    /** Names of the store's sessions. */
    List<String> sessions() throws IOException {
        try (Stream<Path> files = Files.list(store().resolve("sessions"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /** As {@code kill -9} of the guardian and the warden in one instant. */
    void killKeepers() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("kill", "-KILL"));
        for (ProcessTree.Found process :
                ProcessTree.below(ProcessHandle.current().pid())) {
            if (process.name().equals("bivouac-guard") || process.name().equals("bivouac-warden")) {
                command.add(Long.toString(process.pid()));
            }
        }
        Commands.run(command);
    }

    /** Null when all went well; a {@link TimeoutException} when it did not end: what it waits for is killed then. */
    @Nullable
    Throwable attempt(FaultScenario scenario) throws IOException, InterruptedException {
        FutureTask<String> task = new FutureTask<>(() -> {
            scenario.run(this);
            return "";
        });
        Thread thread = new Thread(task, "scenario");
        thread.setDaemon(true);
        thread.start();
        try {
            task.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return null;
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (TimeoutException e) {
            e.setStackTrace(thread.getStackTrace());
            killKeepers();
            return e;
        } finally {
            table.disarm();
        }
    }
}
