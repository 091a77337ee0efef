package io.bivouac.it;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Image;
import io.bivouac.engine.Pruning;
import io.bivouac.engine.RegistryException;
import java.nio.file.Path;
import java.time.Duration;

/** Does something with images in a JVM of its own, with an environment and a memory of its own, and says what came of it. */
final class ImageCommands {
    private ImageCommands() {}

    /**
     * Says {@code done COMMAND RESULT} for each, and {@code failed KIND MESSAGE} for the first that fails.
     *
     * @param arguments such as {@code pull=busybox:1}
     */
    public static void main(String[] arguments) {
        try (Engine engine = Engine.open(EngineOptions.fromSystemProperties())) {
            for (String argument : arguments) {
                String[] words = argument.split("=", -1);
                System.out.println("done " + words[0] + " " + run(engine, words));
            }
        } catch (RegistryException e) {
            System.out.println("failed " + e.kind() + " " + e.getMessage());
            System.exit(1);
        } catch (BivouacException e) {
            System.out.println("failed " + e.getClass().getSimpleName() + " " + e.getMessage());
            System.exit(1);
        }
    }

    static String run(Engine engine, String... words) {
        return switch (words[0]) {
            case "pull" -> digest(engine.images().pull(words[1]));
            case "push" -> {
                engine.images().push(words[1]);
                yield words[1];
            }
            case "load" -> digest(engine.images().load(Path.of(words[1])).get(0));
            case "save" -> {
                engine.images().save(Path.of(words[1]), words[2]);
                yield words[1];
            }
            case "tag" -> digest(engine.images().tag(words[1], words[2]));
            case "remove" -> {
                engine.images().remove(words[1]);
                yield words[1];
            }
            case "prune" ->
                String.valueOf(
                        engine.images().prune(Pruning.standard().withUnused()).bytes());
            case "launch" -> {
                engine.start(ContainerSpec.of(words[1])).close();
                yield words[1];
            }
            case "start" -> started(engine, words[1]);
            default -> throw new IllegalArgumentException(words[0]);
        };
    }

    private static String digest(Image image) {
        return image.digest().toString();
    }

    private static String started(Engine engine, String image) {
        try (Container container = engine.start(ContainerSpec.of(image).withCommand("echo", "started"))) {
            container.waitForExit(Duration.ofSeconds(20));
            return container.logs().strip();
        }
    }
}
