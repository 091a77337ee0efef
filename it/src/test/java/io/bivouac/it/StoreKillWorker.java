package io.bivouac.it;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;

/** Does one thing after another with the images of a store until it is killed. */
final class StoreKillWorker {
    /** What may happen to one of two who do as they like with the same images. */
    private static final Pattern LOST = Pattern.compile(
            "The image \\S+ is not in the store .*|.* failed: the image [0-9a-f]{12} was removed meanwhile\\.");

    private final Random random;
    private final Path folder;
    private final String registry;

    private StoreKillWorker(long seed, Path folder, String registry) {
        this.random = new Random(seed);
        this.folder = folder;
        this.registry = registry;
    }

    /**
     * Says {@code begin WHAT} and {@code end WHAT} by turns, and {@code broken WHY} when something fails that must not.
     *
     * @param arguments the seed, the campaign's folder, the registry
     */
    public static void main(String[] arguments) {
        Path folder = Path.of(arguments[1]);
        StoreKillWorker worker = new StoreKillWorker(Long.parseLong(arguments[0]), folder, arguments[2]);
        try (Engine engine = Engine.open(
                EngineOptions.defaults().withStore(folder.resolve("store")).withStoreReserve(0))) {
            while (true) {
                worker.step(engine);
            }
        }
    }

    private void step(Engine engine) {
        String[] command = next();
        System.out.println("begin " + command[0]);
        try {
            ImageCommands.run(engine, command);
        } catch (BivouacException e) {
            boolean lost = e instanceof ConfigurationException
                    && LOST.matcher(String.valueOf(e.getMessage())).matches();
            if (!lost) {
                System.out.println("broken " + String.join(" ", command) + ": " + e);
            }
        }
        System.out.println("end " + command[0]);
    }

    private String[] next() {
        String image = StoreKillTests.NAMES.get(random.nextInt(StoreKillTests.NAMES.size()));
        String name = registry + "/" + image + ":1";
        return switch (random.nextInt(18)) {
            case 0, 1, 2, 3, 4 -> new String[] {"pull", name};
            case 5, 6, 7, 8 ->
                new String[] {"load", folder.resolve(image + ".tar").toString()};
            case 9, 10, 11 -> {
                String form = List.of("", ".tar", ".tar.gz").get(random.nextInt(3));
                Path target = folder.resolve("saved").resolve(Long.toHexString(random.nextLong()) + form);
                yield new String[] {"save", target.toString(), name};
            }
            case 12, 13 -> new String[] {"remove", name};
            case 14, 15, 16 -> new String[] {"launch", name};
            default -> new String[] {"prune"};
        };
    }
}
