package io.bivouac.engine.oci;

import java.util.Optional;
import java.util.regex.Pattern;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/**
 * Names an image in a registry: {@code [registry[:port]/]repository[:tag][@digest]}.
 *
 * <p>A first component is a registry when it contains a dot or a colon or is {@code localhost}; otherwise the registry is
 * {@code docker.io}, and a repository of one component there lies in {@code library/}. Without tag and digest the tag is
 * {@code latest}. Two texts that name the same image are equal references.
 *
 * @param registry host and optional port
 * @param repository path within the registry
 * @param tagOrNull absent only when a digest is given
 * @param digestOrNull content the name is pinned to
 * @see <a href="https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests">distribution-spec,
 *     name and reference</a>
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record ImageReference(
        String registry,
        String repository,
        @Nullable String tagOrNull,
        @Nullable Digest digestOrNull) {
    private static final String DEFAULT_REGISTRY = "docker.io";
    private static final String DEFAULT_NAMESPACE = "library/";
    private static final String DEFAULT_TAG = "latest";
    private static final int REPOSITORY_LIMIT = 255;

    private static final String COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
    private static final Pattern REPOSITORY = Pattern.compile(COMPONENT + "(?:/" + COMPONENT + ")*");
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");
    private static final Pattern REGISTRY =
            Pattern.compile("(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:]+])(?::[0-9]{1,5})?");

    /** Parses a reference as users write it; {@link IllegalArgumentException} says what is wrong with it. */
    public static ImageReference parse(String text) {
        String rest = text;
        Digest digest = null;
        int at = rest.indexOf('@');
        if (at >= 0) {
            digest = parseDigest(text, rest.substring(at + 1));
            rest = rest.substring(0, at);
        }
        String tag = null;
        int colon = rest.lastIndexOf(':');
        if (colon > rest.lastIndexOf('/')) {
            tag = rest.substring(colon + 1);
            require(TAG.matcher(tag).matches(), text, "the tag may hold letters, digits, '_', '.', '-', at most 128");
            rest = rest.substring(0, colon);
        }
        int slash = rest.indexOf('/');
        boolean hasRegistry = slash > 0 && looksLikeRegistry(rest.substring(0, slash));
        String registry = hasRegistry ? canonicalRegistry(rest.substring(0, slash)) : DEFAULT_REGISTRY;
        String repository = hasRegistry ? rest.substring(slash + 1) : rest;
        require(REGISTRY.matcher(registry).matches(), text, "the registry is not a host name");
        require(
                repository.length() <= REPOSITORY_LIMIT
                        && REPOSITORY.matcher(repository).matches(),
                text,
                "the repository must be lower case: letters, digits, and single separators '.', '_', '-', '/' between them");
        if (registry.equals(DEFAULT_REGISTRY) && repository.indexOf('/') < 0) {
            repository = DEFAULT_NAMESPACE + repository;
        }
        return new ImageReference(registry, repository, tag == null && digest == null ? DEFAULT_TAG : tag, digest);
    }

    private static Digest parseDigest(String text, String digest) {
        try {
            return Digest.parse(digest);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + text + "' is not an image reference: " + e.getMessage(), e);
        }
    }

    private static void require(boolean condition, String text, String reason) {
        if (!condition) {
            throw new IllegalArgumentException("'" + text + "' is not an image reference: " + reason);
        }
    }

    private static boolean looksLikeRegistry(String component) {
        return component.indexOf('.') >= 0 || component.indexOf(':') >= 0 || component.equals("localhost");
    }

    private static String canonicalRegistry(String registry) {
        return registry.equals("index.docker.io") ? DEFAULT_REGISTRY : registry;
    }

    public Optional<String> tag() {
        return Optional.ofNullable(tagOrNull);
    }

    public Optional<Digest> digest() {
        return Optional.ofNullable(digestOrNull);
    }

    /** The shortest text that parses to this reference, as users would write it. */
    public String familiar() {
        boolean standard = registry.equals(DEFAULT_REGISTRY);
        String name = standard && repository.startsWith(DEFAULT_NAMESPACE)
                ? repository.substring(DEFAULT_NAMESPACE.length())
                : repository;
        return (standard ? name : registry + "/" + name) + suffix();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ImageReference reference && toString().equals(reference.toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    /** The text with nothing left out. */
    @Override
    public String toString() {
        return registry + "/" + repository + suffix();
    }

    private String suffix() {
        return (tagOrNull == null ? "" : ":" + tagOrNull) + (digestOrNull == null ? "" : "@" + digestOrNull);
    }
}
