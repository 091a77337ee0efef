package io.bivouac.engine.core;

import io.bivouac.engine.Capsule;
import io.bivouac.engine.Capsules;
import io.bivouac.engine.Capture;
import io.bivouac.engine.CapturedContainer;
import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.Failure;
import io.bivouac.engine.capsule.CapsuleDocument;
import io.bivouac.engine.capsule.CapsuleReader;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.engine.oci.MediaTypes;
import io.bivouac.engine.store.LayoutDraft;
import io.bivouac.engine.store.StoredImage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Captures and replays. */
final class DefaultCapsules implements Capsules {
    /** No reference of a registry has this form, so loading a capsule moves nobody's tags. */
    private static final String NAME_SUFFIX = "@failed";

    private final DefaultEngine engine;
    private final EngineContext context;

    DefaultCapsules(DefaultEngine engine, EngineContext context) {
        this.engine = engine;
        this.context = context;
    }

    @Override
    public Capture capture(List<Container> containers) {
        List<DefaultContainer> open = new ArrayList<>();
        for (Container container : containers) {
            if (!(container instanceof DefaultContainer ours)) {
                throw new ConfigurationException("The container " + container.name() + " belongs to another engine.");
            }
            if (ours.state() != ContainerState.CLOSED) {
                open.add(ours);
            }
        }
        return ContainerCapture.of(context, open);
    }

    @Override
    public Capsule write(Capture capture, Failure failure, Path target) {
        ContainerCapture ours = (ContainerCapture) capture;
        return Attempts.call("Writing the capsule " + target + " failed", () -> {
            try (LayoutDraft draft = new LayoutDraft(context.store, target)) {
                List<CapturedContainer> containers = new ArrayList<>();
                List<Descriptor> layers = new ArrayList<>();
                for (ContainerCapture.Captured captured : ours.captured()) {
                    containers.add(write(captured, draft));
                    layers.add(draft.blobs()
                            .add(CapsuleReader.LOG_TYPE, captured.logs().getBytes(StandardCharsets.UTF_8))
                            .withAnnotation(CapsuleReader.TITLE, captured.name() + CapsuleReader.LOG_SUFFIX));
                }
                byte[] document = new CapsuleDocument(ours.time(), failure, containers).toJson();
                layers.add(0, draft.blobs().add(CapsuleDocument.MEDIA_TYPE, document));
                draft.add(artifact(layers, draft));
                draft.commit();
            }
            return CapsuleReader.read(target);
        });
    }

    private CapturedContainer write(ContainerCapture.Captured captured, LayoutDraft draft) throws IOException {
        StoredImage base = captured.base();
        for (Descriptor layer : base.manifest().layers()) {
            draft.copy(layer);
        }
        Descriptor committed = context.committer.commitInto(draft.blobs(), base, captured.recordFile());
        draft.add(committed.withAnnotation(Descriptor.REFERENCE_NAME, captured.name() + NAME_SUFFIX));
        return new CapturedContainer(
                captured.name(),
                captured.spec(),
                committed.digest(),
                base.descriptor().digest(),
                captured.ports(),
                captured.state(),
                captured.exitCode(),
                captured.health(),
                captured.exact(),
                captured.logs());
    }

    /** An artifact manifest, see image-spec, "Guidelines for Artifact Usage". */
    private static Descriptor artifact(List<Descriptor> layers, LayoutDraft draft) throws IOException {
        Descriptor empty = draft.blobs().add(MediaTypes.EMPTY, "{}".getBytes(StandardCharsets.US_ASCII));
        Manifest manifest = new Manifest(MediaTypes.MANIFEST, CapsuleDocument.MEDIA_TYPE, empty, layers, Map.of());
        return draft.blobs()
                .addJson(MediaTypes.MANIFEST, manifest.toJson())
                .withAnnotation(Descriptor.REFERENCE_NAME, "capsule");
    }

    @Override
    public Capsule read(Path capsule) {
        return Attempts.call("Reading the capsule " + capsule + " failed", () -> {
            if (!Files.isDirectory(capsule)) {
                throw new IOException("it does not exist, or is no folder");
            }
            return CapsuleReader.read(capsule);
        });
    }

    @Override
    public List<Capsule> list(Path folder) {
        return Attempts.call("Listing the capsules of " + folder + " failed", () -> {
            List<Capsule> capsules = new ArrayList<>();
            if (Files.isDirectory(folder)) {
                try (Stream<Path> children = Files.list(folder)) {
                    for (Path child : children.filter(CapsuleReader::isCapsule).toList()) {
                        capsules.add(CapsuleReader.read(child));
                    }
                }
            }
            capsules.sort(Comparator.comparing(Capsule::created));
            return List.copyOf(capsules);
        });
    }

    @Override
    public List<Container> replay(Capsule capsule) {
        engine.images().load(capsule.path());
        List<Container> started = new ArrayList<>();
        try {
            for (CapturedContainer container : capsule.containers()) {
                started.add(engine.startContainer(spec(container), true));
            }
            return List.copyOf(started);
        } catch (RuntimeException e) {
            started.forEach(Container::close);
            throw e;
        }
    }

    /** As it was started then, on its committed user space, with the port numbers it had where they are free. */
    private static ContainerSpec spec(CapturedContainer container) {
        Digest image = container.image();
        ContainerSpec spec = container.spec().withName(container.name()).withImage(image.toString());
        for (Map.Entry<Integer, Integer> port : container.ports().entrySet()) {
            if (isFree(port.getValue())) {
                spec = spec.withFixedPort(port.getKey(), port.getValue());
            }
        }
        // One that had ended may end again at once, and that is what its user wants to look at.
        return container.state() == ContainerState.EXITED ? spec.withoutWaits() : spec;
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
