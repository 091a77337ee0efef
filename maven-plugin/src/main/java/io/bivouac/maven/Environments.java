package io.bivouac.maven;

import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.IdentityHashMap;
import java.util.Optional;
import org.apache.maven.execution.ExecutionListener;
import org.apache.maven.execution.MavenExecutionRequest;
import org.apache.maven.execution.MavenSession;
import org.jspecify.annotations.Nullable;

/**
 * The environment of each running build: one engine, from the first {@code start} to {@code stop} or the build's end.
 *
 * <p>The end is heard of through the request's execution listener, which Maven asks for at every event: unlike a lifecycle
 * participant that needs no {@code <extensions>} in the POM. It comes after any build, failed ones too, and under mvnd, whose
 * process lives on. A Maven that is killed takes its session with it.
 */
final class Environments {
    private static final IdentityHashMap<MavenExecutionRequest, Engine> ENGINES = new IdentityHashMap<>();

    private Environments() {}

    /** The build's engine, opened when there is none. */
    static Engine open(MavenSession session, EngineOptions options) {
        MavenExecutionRequest request = session.getRequest();
        synchronized (ENGINES) {
            return ENGINES.computeIfAbsent(request, key -> {
                key.setExecutionListener(listening(key.getExecutionListener(), key));
                return Engine.open(options);
            });
        }
    }

    static Optional<Engine> find(MavenSession session) {
        synchronized (ENGINES) {
            return Optional.ofNullable(ENGINES.get(session.getRequest()));
        }
    }

    /** Ends the build's environment; true when there was one. */
    static boolean strike(MavenExecutionRequest request) {
        Engine engine;
        synchronized (ENGINES) {
            engine = ENGINES.remove(request);
        }
        if (engine != null) {
            engine.close();
        }
        return engine != null;
    }

    private static ExecutionListener listening(@Nullable ExecutionListener original, MavenExecutionRequest request) {
        return (ExecutionListener) Proxy.newProxyInstance(
                ExecutionListener.class.getClassLoader(),
                new Class<?>[] {ExecutionListener.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("sessionEnded")) {
                        strike(request);
                    }
                    try {
                        return original == null ? null : method.invoke(original, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause() == null ? e : e.getCause();
                    }
                });
    }
}
