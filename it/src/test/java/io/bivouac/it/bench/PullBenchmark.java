package io.bivouac.it.bench;

import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Image;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.fixtures.FixtureImages;
import io.bivouac.fixtures.LocalRegistry;
import io.bivouac.it.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The postgres fixture from a registry on this host into the store, without unpacking, in 64 MB of memory; beside curl and
 * sha256sum, which keep nothing.
 */
final class PullBenchmark implements Benchmark {
    static final String OURS = "pull postgres, not unpacked";
    static final String FIRST = "pull postgres, first of a JVM";
    static final String FLOOR = "floor: curl | sha256sum of its blobs";

    private static final int TIMES = 3;

    private final Path folder;
    private @Nullable LocalRegistry registry;
    private List<String> blobs = List.of();

    PullBenchmark(Path folder) {
        this.folder = folder;
    }

    @Override
    public String name() {
        return "pull";
    }

    private LocalRegistry registry() throws IOException, InterruptedException {
        if (registry == null) {
            LocalRegistry started = LocalRegistry.start(folder.resolve("registry-pull"));
            registry = started;
            Path store = folder.resolve("store-push");
            try (Engine engine = Engine.open(EngineOptions.defaults().withStore(store))) {
                Image image = engine.images().load(FixtureImages.postgres()).get(0);
                engine.images().tag(image.id(), reference(started));
                engine.images().push(reference(started));
                blobs = blobsOf(store, image.digest());
                engine.images().remove(image.id());
            }
        }
        return registry;
    }

    private static String reference(LocalRegistry registry) {
        return registry.name() + "/postgres:15";
    }

    private static List<String> blobsOf(Path store, Digest digest) throws IOException {
        Manifest manifest = Manifest.of(Json.parseObject(Files.readAllBytes(
                store.resolve("blobs").resolve(Digest.ALGORITHM).resolve(digest.hex()))));
        List<String> all = new ArrayList<>(List.of(manifest.config().digest().toString()));
        manifest.layers().forEach(layer -> all.add(layer.digest().toString()));
        return all;
    }

    @Override
    public void measure(Report report) throws Exception {
        String reference = reference(registry());
        List<String> times = Commands.output(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PullBenchmark.class.getName(),
                        folder.resolve("store-pull").toString(),
                        reference))
                .lines()
                .toList();
        report.addNanos(FIRST, Long.parseLong(times.get(0)));
        for (String time : times.subList(1, times.size())) {
            report.addNanos(OURS, Long.parseLong(time));
        }
        for (int i = 0; i < TIMES; i++) {
            long begin = System.nanoTime();
            for (String blob : blobs) {
                String url = "http://" + registry().name() + "/v2/postgres/blobs/" + blob;
                Commands.output(List.of("sh", "-c", "curl -sS \"$1\" | sha256sum", "sh", url));
            }
            report.addNanos(FLOOR, System.nanoTime() - begin);
        }
    }

    /**
     * Says how many nanoseconds each pull took.
     *
     * @param arguments a store and a reference
     */
    public static void main(String[] arguments) {
        try (Engine engine = Engine.open(EngineOptions.defaults().withStore(Path.of(arguments[0])))) {
            for (int i = 0; i <= TIMES; i++) {
                long begin = System.nanoTime();
                engine.images().pull(arguments[1]);
                System.out.println(System.nanoTime() - begin);
                engine.images().remove(arguments[1]);
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (registry != null) {
            registry.close();
        }
    }
}
