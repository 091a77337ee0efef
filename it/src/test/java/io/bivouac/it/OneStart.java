package io.bivouac.it;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A JVM that starts one container and says how that went. */
final class OneStart {
    private OneStart() {}

    /**
     * Says {@code started} and the output, or {@code failed} and the exception's type and message.
     *
     * @param arguments the store, a layout, the image, and the command
     */
    public static void main(String[] arguments) {
        EngineOptions options =
                EngineOptions.defaults().withStore(Path.of(arguments[0])).withImages(List.of(Path.of(arguments[1])));
        ContainerSpec spec = ContainerSpec.of(arguments[2])
                .withName("one")
                .withCommand(List.of(arguments).subList(3, arguments.length));
        try (Engine engine = Engine.open(options);
                Container container = engine.start(spec)) {
            container.waitForExit(Duration.ofSeconds(30));
            System.out.println("started " + container.logs());
        } catch (BivouacException e) {
            System.out.println("failed " + e.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }
}
