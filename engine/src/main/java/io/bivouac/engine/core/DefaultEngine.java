package io.bivouac.engine.core;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.Capsules;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Diagnosis;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Images;
import io.bivouac.engine.doctor.Doctor;
import io.bivouac.engine.store.StoredImage;
import io.bivouac.engine.warden.Announcement;
import io.bivouac.engine.warden.Launch;
import io.bivouac.engine.warden.WardenBinary;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The engine. Looked up by name from {@link Engine#open(EngineOptions)}. */
public final class DefaultEngine implements Engine {
    private final EngineContext context;
    private final DefaultCapsules capsules;
    /** Open containers in the order they were started. */
    private final Map<String, DefaultContainer> open = Collections.synchronizedMap(new LinkedHashMap<>());

    private boolean closed;

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
        DefaultContainer container = start(spec, again);
        synchronized (open) {
            if (!closed) {
                open.put(container.id(), container);
                return container;
            }
        }
        // The engine was closed while it started.
        container.close();
        throw Sessions.closed(null);
    }

    private DefaultContainer start(ContainerSpec spec, boolean again) {
        StartTrace trace = StartTrace.begin(context.options.trace());
        WardenBinary.requireSupportedHost();
        // The session's processes start while the image is looked up and the start is planned.
        context.sessions.prepare();
        // A profile that is wrong is said before anything is unpacked.
        context.planner.filter(spec);
        Optional<Launch> announced =
                Attempts.call("Starting a container of " + spec.image() + " failed", context.sessions::announce);
        try {
            return start(spec, again, announced, trace);
        } finally {
            announced.ifPresent(Launch::close);
        }
    }

    /**
     * @param announced to the session that ran at the beginning, if one did
     */
    private DefaultContainer start(ContainerSpec spec, boolean again, Optional<Launch> announced, StartTrace trace) {
        String id = announced.flatMap(Launch::announced).map(Announcement::id).orElseGet(LaunchPlanner::newId);
        StoredImage image = context.images.resolve(spec.image(), spec.pullPolicy());
        trace.mark("image");
        Optional<LaunchPlanner.Draft> early = Attempts.call("Planning the start of " + spec.image() + " failed", () -> {
            Optional<Accounts> accounts = context.accounts.remembered(image);
            return accounts.isPresent()
                    ? Optional.of(context.planner.draft(id, spec, image, accounts.get()))
                    : Optional.empty();
        });
        trace.mark("draft");
        Session session = context.sessions.get();
        trace.mark("session");
        LaunchPlanner.Draft draft = Attempts.call("Unpacking the image " + spec.image() + " failed", () -> {
            session.pin(context.store, image);
            context.unpacker.unpack(image, session.client());
            return early.isPresent()
                    ? early.get()
                    : context.planner.draft(id, spec, image, context.accounts.ofImage(image, session.client()));
        });
        trace.mark("layers");
        String name = spec.name().orElse(LaunchPlanner.folder(id));
        ContainerRun run = new ContainerRun(context, session, id, name, spec, image);
        return start(run, () -> run.launch(draft, announced, trace), again, trace);
    }

    private DefaultContainer start(ContainerRun run, Runnable launch, boolean again, StartTrace trace) {
        DefaultContainer container = new DefaultContainer(context, run, this::forget);
        container.requireSense();
        try {
            launch.run();
            run.session().nextLaunch().prepare(context.threads, run);
            container.awaitReady(again);
            if (trace.wanted()) {
                trace.mark("ready");
                System.err.println(trace.describe(container.describe()));
            }
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
        StartGroup group = new StartGroup(context.threads.workers());
        specs.forEach(spec -> group.add(() -> startContainer(spec, false)));
        return group.run();
    }

    @Override
    public List<Container> containers() {
        synchronized (open) {
            return List.copyOf(open.values());
        }
    }

    @Override
    public Diagnosis diagnose() {
        return Attempts.call(
                "Looking at this host failed",
                () -> Doctor.examine(context.store.layout(), context.mapping, context.cgroups, context.labeller));
    }

    @Override
    public void close() {
        List<Container> last;
        synchronized (open) {
            closed = true;
            last = containers();
        }
        // Their handles have to know, though ending the session ends and removes them all at once.
        context.close(last);
    }
}
