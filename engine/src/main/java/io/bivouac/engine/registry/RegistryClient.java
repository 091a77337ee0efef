package io.bivouac.engine.registry;

import io.bivouac.engine.RegistryException.Kind;
import io.bivouac.engine.io.Parallel;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.oci.Platform;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * Speaks with registries.
 *
 * @see <a href="https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md">distribution-spec</a>
 */
public final class RegistryClient {
    /** Layers that come in at once. */
    private static final int PARALLEL = 4;

    private static final Duration HELPER_LIMIT = Duration.ofSeconds(10);

    private final Services services;
    private final Executor executor;

    public RegistryClient(RegistrySettings settings, Surroundings surroundings, Patience patience, Executor executor) {
        this(settings, surroundings, patience, executor, InetAddress::getAllByName);
    }

    RegistryClient(
            RegistrySettings settings,
            Surroundings surroundings,
            Patience patience,
            Executor executor,
            Addresses.Lookup lookup) {
        Proxies proxies = new Proxies(surroundings);
        HttpClients clients = new HttpClients(new Certificates(surroundings), settings, proxies, patience);
        Transport transport = new Transport(clients, proxies, new Addresses(lookup, executor), patience);
        CredentialHelper helper = new CredentialHelper(surroundings, executor, HELPER_LIMIT);
        this.services = new Services(
                settings, transport, new TokenServer(transport, settings), new CredentialFiles(surroundings, helper));
        this.executor = executor;
    }

    /** Finds the manifest a reference names, of an index the first that runs on one of the platforms. */
    public RemoteManifest find(ImageReference reference, Platform platform) throws IOException {
        return firstOf(
                endpoints(reference),
                (endpoint, all) -> new ManifestSearch(endpoint, reference, platform).run(Source.of(endpoint, all)));
    }

    /** The digest a reference has in the registry now, as the registry says it; empty when it does not say it. */
    public Optional<Digest> digestOf(ImageReference reference) throws IOException {
        return firstOf(endpoints(reference), (endpoint, all) -> ManifestSearch.digestOf(endpoint, reference));
    }

    private List<Endpoint> endpoints(ImageReference reference) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (Site site : services.settings().sitesOf(reference)) {
            String repository = site.prefix() + reference.repository();
            endpoints.add(new Endpoint(services, site, repository, List.of("repository:" + repository + ":pull")));
        }
        return endpoints;
    }

    /** Something that can be had from each of several. */
    private interface Attempt<T> {
        T with(Endpoint endpoint, List<Endpoint> all) throws IOException;
    }

    /** Mirrors first; what counts when all fail is what the registry itself has said. */
    private static <T> T firstOf(List<Endpoint> endpoints, Attempt<T> attempt) throws IOException {
        List<RegistryFailure> failures = new ArrayList<>();
        for (Endpoint endpoint : endpoints) {
            try {
                return attempt.with(endpoint, endpoints);
            } catch (RegistryFailure e) {
                failures.add(0, e);
            }
        }
        RegistryFailure last =
                failures.isEmpty() ? new RegistryFailure(Kind.FAILED, "no registry is known") : failures.get(0);
        failures.stream().skip(1).forEach(last::addSuppressed);
        throw last;
    }

    /** Blobs of a manifest: its configuration and its layers, each once. */
    public static List<Descriptor> blobsOf(RemoteManifest remote) {
        Set<Digest> seen = new LinkedHashSet<>();
        List<Descriptor> blobs = new ArrayList<>();
        List<Descriptor> all = new ArrayList<>(List.of(remote.manifest().config()));
        all.addAll(remote.manifest().layers());
        for (Descriptor blob : all) {
            if (seen.add(blob.digest())) {
                blobs.add(blob);
            }
        }
        return blobs;
    }

    /** Brings in what the target does not have yet, several blobs at once. */
    public void fetch(RemoteManifest remote, BlobTarget target, TransferMeter meter) throws IOException {
        List<Parallel.Task<RuntimeException>> tasks = new ArrayList<>();
        for (Descriptor blob : blobsOf(remote)) {
            tasks.add(() -> {
                if (!target.has(blob)) {
                    target.receive(
                            blob, file -> remote.source().download(blob, file, bytes -> meter.reached(blob, bytes)));
                }
                meter.reached(blob, blob.size());
            });
        }
        new Parallel(executor, PARALLEL).run(tasks);
    }

    /** Whether the reference's repository has a manifest of this digest. */
    public boolean has(ImageReference reference, Digest manifest) throws IOException {
        Endpoint endpoint = own(reference, List.of("repository:" + reference.repository() + ":pull"));
        String what = "manifest " + manifest + " of " + endpoint.repository();
        return endpoint.call(
                        Call.of("HEAD", endpoint.uri("manifests/" + manifest))
                                .header("Accept", ManifestDocument.ACCEPTED),
                        what)
                .isSuccess();
    }

    /**
     * Pushes a manifest or an index with all that it needs.
     *
     * @param reference where to; a manifest without a tag is pushed by its digest
     * @param origin where the blobs came from: the same registry need not be sent them again
     */
    public void push(
            ImageReference reference,
            OutgoingManifest manifest,
            BlobSource source,
            Optional<ImageReference> origin,
            TransferMeter meter)
            throws IOException {
        Optional<String> mountFrom = origin.filter(from -> from.registry().equals(reference.registry()))
                .map(ImageReference::repository)
                .filter(repository -> !repository.equals(reference.repository()));
        List<String> scopes = new ArrayList<>(List.of("repository:" + reference.repository() + ":pull,push"));
        mountFrom.ifPresent(repository -> scopes.add("repository:" + repository + ":pull"));
        Endpoint endpoint = own(reference, scopes);
        new Push(endpoint, source, mountFrom, meter, executor).run(manifest, reference);
    }

    /** The reference's own registry: mirrors are for pulls. */
    private Endpoint own(ImageReference reference, List<String> scopes) {
        return new Endpoint(services, Site.of(reference.registry()), reference.repository(), scopes);
    }
}
