package io.bivouac.engine.registry;

import io.bivouac.engine.io.Parallel;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageReference;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;

/** Takes a manifest to a registry: what it needs first, itself last, so that nobody ever pulls half of it. */
final class Push {
    private static final int PARALLEL = 4;
    private static final String DIGEST_HEADER = "Docker-Content-Digest";

    private final Endpoint endpoint;
    private final BlobSource source;
    private final Optional<String> mountFrom;
    private final TransferMeter meter;
    private final Executor executor;

    /**
     * @param mountFrom a repository of the same registry that may have the blobs
     */
    Push(Endpoint endpoint, BlobSource source, Optional<String> mountFrom, TransferMeter meter, Executor executor) {
        this.endpoint = endpoint;
        this.source = source;
        this.mountFrom = mountFrom;
        this.meter = meter;
        this.executor = executor;
    }

    /**
     * Pushes.
     *
     * @param reference the tag, or the digest, that the manifest gets
     */
    void run(OutgoingManifest manifest, ImageReference reference) throws IOException {
        List<Parallel.Task<RuntimeException>> tasks = new ArrayList<>();
        Set<Digest> seen = new HashSet<>();
        for (Descriptor blob : manifest.allBlobs()) {
            if (seen.add(blob.digest())) {
                tasks.add(() -> upload(blob));
            }
        }
        new Parallel(executor, PARALLEL).run(tasks);
        for (OutgoingManifest child : manifest.children()) {
            putTree(child);
        }
        Digest digest = manifest.document().descriptor().digest();
        put(manifest.document(), reference.tag().orElse(digest.toString()));
    }

    private void upload(Descriptor blob) throws IOException {
        new BlobUpload(endpoint, blob, source, mountFrom, bytes -> meter.reached(blob, bytes)).run();
        meter.reached(blob, blob.size());
    }

    private void putTree(OutgoingManifest manifest) throws IOException {
        for (OutgoingManifest child : manifest.children()) {
            putTree(child);
        }
        put(manifest.document(), manifest.document().descriptor().digest().toString());
    }

    private void put(ManifestDocument document, String name) throws IOException {
        String what = "place for the manifest " + name + " in " + endpoint.repository();
        Answer answer = endpoint.call(
                Call.of("PUT", endpoint.uri("manifests/" + name))
                        .sending(
                                document.descriptor().mediaType(),
                                watch -> BodyPublishers.ofByteArray(document.content())),
                what);
        if (!answer.isSuccess()) {
            throw endpoint.failure(what, answer);
        }
        Optional<String> stored = answer.header(DIGEST_HEADER);
        String wanted = document.descriptor().digest().toString();
        if (stored.isPresent() && !stored.get().equals(wanted)) {
            throw Failures.corrupt(
                    endpoint.site(),
                    "the manifest " + wanted + " was kept under another digest, " + Texts.printable(stored.get()));
        }
    }
}
