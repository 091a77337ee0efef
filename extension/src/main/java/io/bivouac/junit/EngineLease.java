package io.bivouac.junit;

import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A share of the JVM's engine. JUnit closes its root store after every class when Surefire forks, and a session takes a tenth
 * of a second to start: the engine outlives the last share for a moment, in case another class follows. It needs no shutdown
 * hook: the session ends with the JVM.
 */
@SuppressWarnings("deprecation") // AutoCloseable values are closed since JUnit 5.13 only
final class EngineLease implements ExtensionContext.Store.CloseableResource, AutoCloseable {
    private static final long IDLE_SECONDS = 3;
    private static final Map<EngineOptions, Shared> ENGINES = new HashMap<>();
    private static @Nullable ScheduledExecutorService closer;

    private final EngineOptions options;
    private final Engine engine;

    /** An engine and how many shares it has. */
    private static final class Shared {
        private final Engine engine;
        private int leases;
        /** Counts acquisitions, so that a closing that was planned can tell whether it was overtaken. */
        private long generation;

        private Shared(Engine engine) {
            this.engine = engine;
        }
    }

    private EngineLease(EngineOptions options, Engine engine) {
        this.options = options;
        this.engine = engine;
    }

    static EngineLease acquire(EngineOptions options) {
        synchronized (ENGINES) {
            Shared shared = ENGINES.computeIfAbsent(options, key -> new Shared(Engine.open(key)));
            shared.leases++;
            shared.generation++;
            return new EngineLease(options, shared.engine);
        }
    }

    Engine engine() {
        return engine;
    }

    @Override
    public void close() {
        synchronized (ENGINES) {
            Shared shared = ENGINES.get(options);
            if (shared != null && --shared.leases == 0) {
                long generation = shared.generation;
                var unused = closer().schedule(() -> closeIdle(options, generation), IDLE_SECONDS, TimeUnit.SECONDS);
            }
        }
    }

    private static void closeIdle(EngineOptions options, long generation) {
        Engine idle;
        synchronized (ENGINES) {
            Shared shared = ENGINES.get(options);
            if (shared == null || shared.generation != generation) {
                return;
            }
            ENGINES.remove(options);
            idle = shared.engine;
        }
        idle.close();
    }

    private static ScheduledExecutorService closer() {
        if (closer == null) {
            closer = Executors.newSingleThreadScheduledExecutor(task -> {
                Thread thread = new Thread(task, "bivouac-idle");
                thread.setDaemon(true);
                return thread;
            });
        }
        return closer;
    }
}
