package io.bivouac.it;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.fixtures.FixtureImages;
import java.nio.file.Path;
import java.util.List;

/** A JVM that is killed in the midst of its work. */
final class Victim {
    private Victim() {}

    /**
     * Works until it is killed.
     *
     * @param arguments the store, and what to do: {@code idle}, {@code paused}, {@code starting} or {@code unpacking}
     */
    public static void main(String[] arguments) throws Exception {
        Path image = arguments[1].equals("unpacking") ? FixtureImages.postgres() : FixtureImages.busybox();
        Engine engine = Engine.open(
                EngineOptions.defaults().withStore(Path.of(arguments[0])).withImages(List.of(image)));
        ContainerSpec spec = ContainerSpec.of("busybox:1")
                .withCommand("sh", "-c", "(while true; do sleep 1000; done) & nc -ll -p 80 -e cat")
                .withPorts(80);
        switch (arguments[1]) {
            case "idle" -> engine.start(spec);
            case "paused" -> engine.start(spec).pause();
            case "starting" -> startForEver(engine, spec);
            case "unpacking" -> {
                System.out.println("ready");
                engine.start(Engines.postgres());
            }
            default -> throw new IllegalArgumentException(arguments[1]);
        }
        System.out.println("ready");
        Thread.sleep(Long.MAX_VALUE);
    }

    private static void startForEver(Engine engine, ContainerSpec spec) {
        Container kept = engine.start(spec);
        System.out.println("ready");
        while (kept.name().length() > 0) {
            engine.start(spec.withoutWaits()).close();
        }
    }
}
