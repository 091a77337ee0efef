package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Image;
import io.bivouac.engine.Pruning;
import io.bivouac.fixtures.FixtureImages;
import io.bivouac.fixtures.LocalRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two JVMs pull, load, save, remove, start and prune on one store and are killed at random instants, again and again. Whatever
 * the store lists afterwards is whole and starts, and all the space can be had back.
 *
 * <p>{@code -Dbivouac.kills=300} kills so often; {@code -Dbivouac.seed=N} chooses other instants.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
class StoreKillTests {
    static final List<String> NAMES = List.of("small", "large", "other");

    private static final int KILLS = Integer.getInteger("bivouac.kills", 12);
    private static final long SEED = Long.getLong("bivouac.seed", 6);
    private static final int ROUND = 12;
    private static final int MOST_BEGUN = 4;
    private static final int LARGE = 12 << 20;
    /** Longer than anything that is done takes. */
    private static final int LATEST_MILLIS = 250;

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private final Random random = new Random(SEED);
    private final Map<String, Integer> killed = new TreeMap<>();

    @Test
    void killedWritersLeaveAStoreThatIsWhole() throws Exception {
        long begun = System.nanoTime();
        Files.createDirectories(folder.resolve("saved"));
        try (LocalRegistry registry = LocalRegistry.start(folder.resolve("registry"))) {
            provide(registry.name());
            int whole = kill(registry.name());
            int saved = checkFiles();
            long bytes = reclaim();
            System.out.printf(
                    "Store campaign: seed %d, %d kills in %d s, while they did %s; %d images and %d saved files whole,"
                            + " %.1f MB had back.%n",
                    SEED,
                    KILLS,
                    TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun),
                    killed,
                    whole,
                    saved,
                    bytes / 1e6);
        }
    }

    /** Images in the registry and in archives; they share a layer. */
    private void provide(String registry) throws Exception {
        try (Engine engine = Engine.open(EngineOptions.defaults().withStore(folder.resolve("first")))) {
            for (String name : NAMES) {
                byte[] noise = new byte[name.equals("small") ? 100 : LARGE];
                new Random(name.hashCode()).nextBytes(noise);
                String full = registry + "/" + name + ":1";
                SmallImages.write(folder.resolve(name), full, tar -> tar.file("noise", 0644, noise));
                engine.images().load(folder.resolve(name));
                engine.images().push(full);
                engine.images().save(folder.resolve(name + ".tar"), full);
            }
        }
    }

    /** Now and then nobody is left alive, and what they leave is looked at. */
    private int kill(String registry) throws Exception {
        int whole = 0;
        for (int left = KILLS; left > 0; left -= ROUND) {
            List<Child> workers = new ArrayList<>(List.of(worker(registry), worker(registry)));
            try {
                for (int kill = Math.min(left, ROUND); kill > workers.size(); kill--) {
                    int victim = random.nextInt(workers.size());
                    kill(workers.get(victim));
                    workers.set(victim, worker(registry));
                }
                for (Child worker : workers) {
                    kill(worker);
                }
            } finally {
                workers.forEach(Child::close);
            }
            whole += checkImages();
        }
        return whole;
    }

    private void kill(Child worker) throws Exception {
        String doing = worker.await("begin ");
        for (int more = random.nextInt(MOST_BEGUN); more > 0; more--) {
            doing = worker.await("begin ");
        }
        TimeUnit.MILLISECONDS.sleep(random.nextInt(LATEST_MILLIS));
        worker.kill();
        killed.merge(doing, 1, Integer::sum);
        requireUnbroken(worker);
    }

    private static void requireUnbroken(Child worker) throws InterruptedException {
        worker.join();
        assertThat(worker.output()).doesNotContain("broken ").doesNotContain("Exception");
    }

    private Child worker(String registry) throws IOException {
        return new ChildJvm()
                .option("-XX:TieredStopAtLevel=1")
                .start(StoreKillWorker.class, Long.toString(random.nextLong()), folder.toString(), registry);
    }

    private EngineOptions options() {
        return EngineOptions.defaults().withStore(folder.resolve("store")).withOffline(true);
    }

    /** How many there are. */
    private int checkImages() {
        try (Engine engine = Engine.open(options())) {
            assertThat(engine.images().verify()).isEmpty();
            List<Image> images = engine.images().list();
            for (Image image : images) {
                try (Container container = engine.start(ContainerSpec.of(image.id()))) {
                    assertThat(container.id()).isNotEmpty();
                }
            }
            return images.size();
        }
    }

    /** How many saved files there are; a killed writer's draft is not one, and goes when the next one writes there. */
    private int checkFiles() throws IOException {
        Path saved = folder.resolve("saved");
        int number = 0;
        try (Engine engine = Engine.open(options().withStore(folder.resolve("checked")))) {
            engine.images().load(FixtureImages.probe());
            engine.images().save(saved.resolve("last.tar"), "probe:1");
            for (Path file : list(saved)) {
                engine.images().load(file);
                number++;
            }
            assertThat(engine.images().verify()).isEmpty();
        }
        return number;
    }

    private long reclaim() throws IOException {
        Path store = folder.resolve("store");
        long before = size(store);
        try (Engine engine = Engine.open(options())) {
            engine.images().prune(Pruning.standard().withUnused());
            assertThat(engine.images().list()).isEmpty();
        }
        for (String empty : List.of("blobs/sha256", "images/references", "partial", "leases")) {
            assertThat(list(store.resolve(empty))).as(empty).isEmpty();
        }
        assertThat(list(store.resolve("images"))).containsExactly(store.resolve("images/references"));
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(list(store.resolve("sessions"))).isEmpty());
        for (Path mapping : list(store.resolve("layers"))) {
            // What every container has below its image is no image's.
            assertThat(list(mapping)).isSubsetOf(List.of(mapping.resolve("scaffold")));
        }
        return before - size(store);
    }

    private static List<Path> list(Path path) throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.sorted().toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    private static long size(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }
}
