package io.bivouac.it;

import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Carries out attacks, in a JVM that may have another warden than the product's. */
final class AttackRun {
    private AttackRun() {}

    /**
     * Says {@code NAME came to WHAT} for each.
     *
     * @param arguments a folder that holds images, a name for what this run writes there, that of the user's key, attacks
     */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Path store = folder.resolve("store");
        EngineOptions options =
                EngineOptions.fromSystemProperties().withStore(store).withImages(List.of(folder.resolve("images")));
        try (Engine engine = Engine.open(options)) {
            for (String name : Arrays.asList(arguments).subList(3, arguments.length)) {
                Path own = Files.createDirectories(folder.resolve(arguments[1]).resolve(name));
                AttackScene scene = new AttackScene(engine, own, store, arguments[2]);
                System.out.println(
                        name + " came to " + Attack.named(name).body().attempt(scene));
            }
        }
        System.out.println("done");
    }
}
