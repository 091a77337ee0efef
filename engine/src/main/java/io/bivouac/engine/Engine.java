package io.bivouac.engine;

import java.lang.reflect.InvocationTargetException;
import java.util.List;
import org.apiguardian.api.API;

/**
 * Starts containers. An engine is one session: closing it, or the end of this process however it comes, ends and discards every
 * container it started.
 *
 * <pre>{@code
 * try (Engine engine = Engine.open()) {
 *     Container db = engine.start(ContainerSpec.of("postgres:15").withEnv("POSTGRES_PASSWORD", "test").withPorts(5432));
 *     String address = db.host() + ":" + db.port(5432);
 * }
 * }</pre>
 *
 * <p>All methods may be called from any thread.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public interface Engine extends AutoCloseable {
    /** Opens an engine with options read from system properties. */
    static Engine open() {
        return open(EngineOptions.fromSystemProperties());
    }

    /** Opens an engine. Cheap: processes are started with the first container. */
    static Engine open(EngineOptions options) {
        try {
            // By name, not by ServiceLoader: no scan of the class path, and the API does not depend on its
            // implementation.
            Class<?> type = Class.forName("io.bivouac.engine.core.DefaultEngine", true, Engine.class.getClassLoader());
            return (Engine) type.getConstructor(EngineOptions.class).newInstance(options);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof BivouacException failure) {
                throw failure;
            }
            throw new InternalException("The engine could not be opened: " + e.getCause(), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new InternalException("The engine's implementation is missing from the class path.", e);
        }
    }

    Images images();

    Capsules capsules();

    /**
     * Starts a container and returns when it is ready. A failed start leaves nothing behind; its message carries exit code,
     * cause and the last log lines.
     */
    Container start(ContainerSpec spec);

    /** Starts containers in parallel; when one fails, the others are closed and its failure is thrown. */
    List<Container> startAll(List<ContainerSpec> specs);

    /** All containers that are not closed. */
    List<Container> containers();

    /** Looks at what this host allows; takes a few milliseconds, and starts no session. */
    Diagnosis diagnose();

    /** Closes every container and ends the session; returns when nothing is left. */
    @Override
    void close();
}
