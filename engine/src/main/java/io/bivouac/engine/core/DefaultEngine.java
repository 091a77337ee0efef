package io.bivouac.engine.core;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.Capsules;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Images;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.store.StoredImage;
import io.bivouac.engine.warden.WardenBinary;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** The engine. Looked up by name from {@link Engine#open(EngineOptions)}. */
public final class DefaultEngine implements Engine {
    private static final int ID_BYTES = 32;

    private final EngineContext context;
    private final DefaultCapsules capsules;
    private final SecureRandom random = new SecureRandom();
    /** Open containers in the order they were started. */
    private final Map<String, DefaultContainer> open = Collections.synchronizedMap(new LinkedHashMap<>());

    public DefaultEngine(EngineOptions options) {
        context = new EngineContext(options);
        capsules = new DefaultCapsules(this, context);
    }

    @Override
    public Images images() {
        return context.images;
    }

    @Override
    public Capsules capsules() {
        return capsules;
    }

    @Override
    public Container start(ContainerSpec spec) {
        return startContainer(spec, false);
    }

    /**
     * @param again whether the image is a user space that was started before
     */
    DefaultContainer startContainer(ContainerSpec spec, boolean again) {
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        String id = HexFormat.of().formatHex(bytes);
        DefaultContainer container = start(id, spec, again);
        open.put(id, container);
        return container;
    }

    private DefaultContainer start(String id, ContainerSpec spec, boolean again) {
        // The session's processes start while the image is looked up.
        WardenBinary.requireSupportedHost();
        context.sessions.prepare();
        StoredImage image = context.images.resolve(spec.image());
        Session session = context.sessions.get();
        Attempts.run("Unpacking the image " + spec.image() + " failed", () -> {
            session.pin(context.store, image);
            context.unpacker.unpack(image, session.client());
        });
        String name = spec.name().orElse(LaunchPlanner.folder(id));
        ContainerRun run = new ContainerRun(context, session, id, name, spec, image);
        DefaultContainer container = new DefaultContainer(context, run, this::forget);
        try {
            run.launch(true);
            container.awaitReady(again);
            return container;
        } catch (RuntimeException | Error e) {
            try {
                run.discard();
            } catch (BivouacException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    private void forget(DefaultContainer container) {
        open.remove(container.id());
    }

    @Override
    public List<Container> startAll(List<ContainerSpec> specs) {
        List<Future<DefaultContainer>> starts = new ArrayList<>();
        for (ContainerSpec spec : specs) {
            starts.add(context.threads.workers().submit(() -> startContainer(spec, false)));
        }
        List<Container> started = new ArrayList<>();
        RuntimeException failure = null;
        for (Future<DefaultContainer> start : starts) {
            try {
                started.add(join(start));
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            started.forEach(Container::close);
            throw failure;
        }
        return List.copyOf(started);
    }

    /** Interrupted or not, every start is waited for: nothing may be left running that nobody has a handle of. */
    private static DefaultContainer join(Future<DefaultContainer> start) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return start.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof RuntimeException cause) {
                        throw cause;
                    }
                    throw new InternalException("A start failed: " + e.getCause() + ".", e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public List<Container> containers() {
        synchronized (open) {
            return List.copyOf(open.values());
        }
    }

    @Override
    public void close() {
        // Their handles have to know, though ending the session ends and removes them all at once.
        context.close(containers());
    }
}
