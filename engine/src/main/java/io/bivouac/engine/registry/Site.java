package io.bivouac.engine.registry;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A registry, or a mirror of one, by the name it is configured and logged in to.
 *
 * @param name host and optional port
 * @param prefix what a mirror's repositories begin with, {@code cache/} or nothing
 * @param schemeOrNull the only one to be tried
 * @param mirror whether another registry's images are looked for here
 */
record Site(String name, String prefix, @Nullable String schemeOrNull, boolean mirror) {
    private static final String DOCKER_HUB = "docker.io";
    private static final String DOCKER_HUB_HOST = "registry-1.docker.io";
    private static final String DOCKER_HUB_LOGIN = "index.docker.io";
    private static final String DOCKER_HUB_SERVER = "https://index.docker.io/v1/";

    static Site of(String registry) {
        return new Site(registry.toLowerCase(Locale.ROOT), "", null, false);
    }

    Optional<String> scheme() {
        return Optional.ofNullable(schemeOrNull);
    }

    /** Host and port that requests go to. */
    String authority() {
        return name.equals(DOCKER_HUB) ? DOCKER_HUB_HOST : name;
    }

    /** Names under which credentials may be kept. */
    List<String> names() {
        return name.equals(DOCKER_HUB) ? List.of(DOCKER_HUB, DOCKER_HUB_LOGIN, DOCKER_HUB_HOST) : List.of(name);
    }

    /** What a credential helper knows it by. */
    String credentialServer() {
        return name.equals(DOCKER_HUB) ? DOCKER_HUB_SERVER : name;
    }

    /** The host alone, an IPv6 address in its brackets. */
    String host() {
        String authority = authority();
        int colon = authority.lastIndexOf(':');
        return colon > authority.lastIndexOf(']') ? authority.substring(0, colon) : authority;
    }

    /** Whether it is this very host by its name, so that nobody is between. */
    boolean isLoopback() {
        return Proxies.isThisHost(host());
    }

    @Override
    public String toString() {
        return mirror ? "the mirror " + name : name;
    }
}
