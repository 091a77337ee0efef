package io.bivouac.engine.registry;

import io.bivouac.engine.RegistryException.Kind;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.oci.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Follows a reference to the manifest of one platform. Content is checked against what it was asked for by, always. */
final class ManifestSearch {
    private static final int NESTING_LIMIT = 4;
    private static final String DIGEST_HEADER = "Docker-Content-Digest";

    private final Endpoint endpoint;
    private final ImageReference reference;
    private final Platform platform;

    ManifestSearch(Endpoint endpoint, ImageReference reference, Platform platform) {
        this.endpoint = endpoint;
        this.reference = reference;
        this.platform = platform;
    }

    RemoteManifest run(Source source) throws IOException {
        List<ManifestDocument> indexes = new ArrayList<>();
        Set<Digest> seen = new HashSet<>();
        ManifestDocument document = get(name(reference), reference.digest());
        while (document.isIndex()) {
            if (indexes.size() == NESTING_LIMIT
                    || !seen.add(document.descriptor().digest())) {
                throw Failures.corrupt(
                        endpoint.site(),
                        "the index of " + what(endpoint, reference) + " is nested deeper than " + NESTING_LIMIT);
            }
            indexes.add(document);
            Descriptor chosen = choose(document);
            document = get(chosen.digest().toString(), Optional.of(chosen.digest()));
            requireSize(document, chosen);
        }
        return new RemoteManifest(indexes, document, document.manifest(), source);
    }

    /** The tag, or the digest, which is more exact. */
    private static String name(ImageReference reference) {
        return reference
                .digest()
                .map(Digest::toString)
                .orElseGet(() -> reference.tag().orElseThrow());
    }

    private static String what(Endpoint endpoint, ImageReference reference) {
        return "image " + endpoint.repository()
                + reference.digest().map(digest -> "@" + digest).orElseGet(() -> ":" + name(reference));
    }

    static Optional<Digest> digestOf(Endpoint endpoint, ImageReference reference) throws IOException {
        Answer answer = endpoint.call(
                Call.of("HEAD", endpoint.uri("manifests/" + name(reference)))
                        .header("Accept", ManifestDocument.ACCEPTED),
                what(endpoint, reference));
        if (!answer.isSuccess()) {
            throw endpoint.failure(what(endpoint, reference), answer);
        }
        return answer.header(DIGEST_HEADER).filter(Digest::isDigest).map(Digest::parse);
    }

    private ManifestDocument get(String name, Optional<Digest> wanted) throws IOException {
        String what = what(endpoint, reference);
        Answer answer = endpoint.call(
                Call.get(endpoint.uri("manifests/" + name)).header("Accept", ManifestDocument.ACCEPTED), what);
        if (!answer.isSuccess()) {
            throw endpoint.failure(what, answer);
        }
        Digest actual = Digest.of(answer.content());
        Optional<Digest> promised = wanted.or(
                () -> answer.header(DIGEST_HEADER).filter(Digest::isDigest).map(Digest::parse));
        if (promised.isPresent() && !promised.get().equals(actual)) {
            throw Failures.corrupt(
                    endpoint.site(),
                    "the manifest of " + what + " is damaged: its content has the digest " + actual
                            + (wanted.isPresent() ? ", asked for was " : ", announced was ") + promised.get());
        }
        try {
            return ManifestDocument.of(answer.content(), answer.contentType());
        } catch (IllegalArgumentException e) {
            throw Failures.corrupt(
                    endpoint.site(),
                    "the manifest of " + what + " is malformed: " + Texts.printable(String.valueOf(e.getMessage())));
        }
    }

    private void requireSize(ManifestDocument document, Descriptor wanted) throws IOException {
        if (document.descriptor().size() != wanted.size()) {
            throw Failures.corrupt(
                    endpoint.site(),
                    "the manifest " + wanted.digest() + " has "
                            + document.descriptor().size() + " bytes, its index says " + wanted.size());
        }
    }

    private Descriptor choose(ManifestDocument document) throws IOException {
        List<Descriptor> manifests = document.index().manifests();
        return Platform.choose(manifests, platform)
                .orElseThrow(() -> new RegistryFailure(
                        Kind.NOT_FOUND,
                        endpoint.site() + " has the " + what(endpoint, reference) + " for "
                                + manifests.stream()
                                        .flatMap(manifest -> manifest.platform().stream())
                                        .map(Platform::toString)
                                        .distinct()
                                        .collect(Collectors.joining(", "))
                                + " only, this host is " + platform + ". Choose an image that is built for it"));
    }
}
