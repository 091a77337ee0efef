package io.bivouac.it;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.fixtures.FixtureImages;
import java.nio.file.Path;
import java.util.List;

/** A JVM that starts a container for which an AppArmor profile is named and says how that went. */
final class LabelledStart {
    private LabelledStart() {}

    /**
     * Says {@code started}, or {@code failed} and the exception.
     *
     * @param arguments the store
     */
    public static void main(String[] arguments) {
        EngineOptions options =
                EngineOptions.defaults().withStore(Path.of(arguments[0])).withImages(List.of(FixtureImages.probe()));
        ContainerSpec spec = ContainerSpec.of("probe:1").withName("c").withAppArmor("mine");
        try (Engine engine = Engine.open(options)) {
            engine.start(spec);
            System.out.println("started");
        } catch (BivouacException e) {
            System.out.println("failed " + e.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }
}
