package io.bivouac.it;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Wait;
import io.bivouac.fixtures.FixtureImages;
import java.nio.file.Path;
import java.util.Arrays;

/** The engine most tests share, as the classes of a suite would. It ends with this JVM. */
final class Engines {
    private static final Path FOLDER =
            Path.of(System.getProperty("bivouac.it.folder", "target")).toAbsolutePath();

    private Engines() {}

    private static final class Shared {
        private static final Engine ENGINE = Engine.open(options());
    }

    static Engine shared() {
        return Shared.ENGINE;
    }

    static boolean isRoot() {
        return System.getProperty("user.name", "").equals("root");
    }

    /** The build folder of this module. */
    static Path folder() {
        return FOLDER;
    }

    static EngineOptions options() {
        return EngineOptions.defaults()
                .withStore(FOLDER.resolve("store"))
                .withImages(Arrays.stream(FixtureImages.all().split(":"))
                        .map(Path::of)
                        .toList());
    }

    /** Starts the probe with these arguments. */
    static Container probe(String... command) {
        return shared().start(ContainerSpec.of("probe:1").withCommand(command));
    }

    /** A probe that sleeps, ready for signals. */
    static ContainerSpec sleeperSpec() {
        return ContainerSpec.of("probe:1").withCommand("sleep", "0").withWait(Wait.forLog("sleeping"));
    }

    static Container sleeper() {
        return shared().start(sleeperSpec());
    }

    /** A busybox that sleeps until it is closed. */
    static Container busybox() {
        return shared().start(ContainerSpec.of("busybox:1").withCommand("sleep", "1000000"));
    }

    static ContainerSpec postgres() {
        return ContainerSpec.of("postgres:15")
                .withName("db")
                .withEnv("POSTGRES_PASSWORD", "test")
                .withPorts(5432)
                .withWait(Wait.forLog("ready to accept connections").times(2));
    }
}
