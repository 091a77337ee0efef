package io.bivouac.it;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.fixtures.FixtureImages;
import java.nio.file.Path;
import java.util.List;

/** A JVM that starts a container with limits and says how that went. */
final class LimitedStart {
    private LimitedStart() {}

    /**
     * Says {@code started}, or {@code failed} and the exception.
     *
     * @param arguments the store
     */
    public static void main(String[] arguments) {
        EngineOptions options = EngineOptions.fromSystemProperties()
                .withStore(Path.of(arguments[0]))
                .withImages(List.of(FixtureImages.probe()));
        try (Engine engine = Engine.open(options)) {
            engine.start(ContainerSpec.of("probe:1").withMemory("64m").withCpus(1));
            System.out.println("started");
        } catch (BivouacException e) {
            System.out.println("failed " + e.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }
}
