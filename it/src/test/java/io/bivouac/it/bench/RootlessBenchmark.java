package io.bivouac.it.bench;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.fixtures.FixtureImages;
import io.bivouac.it.Child;
import io.bivouac.it.ChildJvm;
import io.bivouac.it.OrdinaryUser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Starts in a warm session of an ordinary user, beside root's: the same program in two JVMs, in turns, both with a store in that
 * user's home.
 */
final class RootlessBenchmark implements Benchmark {
    static final String USER = "start as an ordinary user";
    static final String ROOT = "start as root, beside it";

    private static final int TIMES = 60;
    private static final int WARM_UP = 120;
    private static final String READY = "ready";
    private static final String TOOK = "took ";

    private @Nullable Starters starters;

    @Override
    public String name() {
        return "rootless";
    }

    /** Both JVMs, each of which waits until it is asked. */
    private record Starters(OrdinaryUser owner, Child user, Child root) implements AutoCloseable {
        static Starters begin() throws IOException, InterruptedException {
            String images = "-Dbivouac.fixtures=" + FixtureImages.cache();
            String image = FixtureImages.probe().toString();
            OrdinaryUser owner = OrdinaryUser.create();
            Path home = owner.home();
            Child user = owner.jvm()
                    .option(images)
                    .start(RootlessBenchmark.class, home.resolve("store").toString(), image);
            Child root = new ChildJvm()
                    .option(images)
                    .start(
                            RootlessBenchmark.class,
                            home.resolve("store-of-root").toString(),
                            image);
            Starters both = new Starters(owner, user, root);
            user.await(READY);
            root.await(READY);
            return both;
        }

        @Override
        public void close() throws IOException {
            for (Child child : List.of(user, root)) {
                try {
                    child.end();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            owner.close();
        }
    }

    @Override
    public void measure(Report report) throws Exception {
        if (starters == null) {
            starters = Starters.begin();
        }
        take(starters.user, USER, report);
        take(starters.root, ROOT, report);
    }

    private static void take(Child starter, String row, Report report) throws IOException, InterruptedException {
        starter.say("again");
        for (int i = 0; i < TIMES; i++) {
            report.addNanos(row, Long.parseLong(starter.await(TOOK)));
        }
    }

    @Override
    public void close() throws IOException {
        if (starters != null) {
            starters.close();
        }
    }

    /**
     * Starts so many containers for each line it reads, and says how long each took, in nanoseconds.
     *
     * @param arguments a store and a layout
     */
    public static void main(String[] arguments) throws IOException {
        EngineOptions options =
                EngineOptions.defaults().withStore(Path.of(arguments[0])).withImages(List.of(Path.of(arguments[1])));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (Engine engine = Engine.open(options)) {
            for (int i = 0; i < WARM_UP; i++) {
                start(engine);
            }
            System.out.println(READY);
            while (in.readLine() != null) {
                for (int i = 0; i < TIMES; i++) {
                    System.out.println(TOOK + start(engine));
                }
            }
        }
    }

    private static long start(Engine engine) {
        long begin = System.nanoTime();
        Container container = engine.start(ContainerSpec.of("probe:1"));
        long took = System.nanoTime() - begin;
        container.close();
        return took;
    }
}
