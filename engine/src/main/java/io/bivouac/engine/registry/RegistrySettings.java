package io.bivouac.engine.registry;

import io.bivouac.engine.oci.ImageReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What is configured about registries: mirrors, hosts that need no certificate, token servers that are trusted. */
public final class RegistrySettings {
    private static final String DOCKER_HUB = "docker.io";

    private final Map<String, List<Site>> mirrors;
    private final Set<String> insecure;
    private final Set<String> realms;

    private RegistrySettings(Map<String, List<Site>> mirrors, Set<String> insecure, Set<String> realms) {
        this.mirrors = mirrors;
        this.insecure = insecure;
        this.realms = realms;
    }

    /**
     * Reads what users write. Mirrors are asked in their order; insecure hosts may speak plain HTTP, too; realms are token servers
     * that may have credentials of a registry at another site.
     *
     * @param mirrors {@code docker.io=https://cache.example.org/hub}; without a registry, of Docker Hub
     * @param insecure hosts with their ports
     * @param realms hosts with their ports
     */
    public static RegistrySettings of(List<String> mirrors, List<String> insecure, List<String> realms) {
        Map<String, List<Site>> sites = new LinkedHashMap<>();
        for (String mirror : mirrors) {
            int equals = mirror.indexOf('=');
            String registry = equals < 0 ? DOCKER_HUB : mirror.substring(0, equals);
            sites.computeIfAbsent(registry, key -> new ArrayList<>()).add(mirror(mirror.substring(equals + 1)));
        }
        return new RegistrySettings(sites, lowerCase(insecure), lowerCase(realms));
    }

    private static Set<String> lowerCase(List<String> names) {
        return names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
    }

    private static Site mirror(String text) {
        int scheme = text.indexOf("://");
        String rest = scheme < 0 ? text : text.substring(scheme + 3);
        int slash = rest.indexOf('/');
        String host = slash < 0 ? rest : rest.substring(0, slash);
        String path = slash < 0 ? "" : rest.substring(slash + 1);
        String prefix = path.isEmpty() || path.endsWith("/") ? path : path + "/";
        return new Site(
                host.toLowerCase(Locale.ROOT),
                prefix,
                scheme < 0 ? null : text.substring(0, scheme).toLowerCase(Locale.ROOT),
                true);
    }

    /** Where an image may be had: mirrors, then its registry. */
    List<Site> sitesOf(ImageReference reference) {
        List<Site> sites = new ArrayList<>(mirrors.getOrDefault(reference.registry(), List.of()));
        sites.add(Site.of(reference.registry()));
        return sites;
    }

    /** Whether this host, with or without its port, is listed as insecure. */
    boolean isInsecure(String authority) {
        return names(insecure, authority);
    }

    boolean isTrustedRealm(String authority) {
        return names(realms, authority);
    }

    private static boolean names(Set<String> names, String authority) {
        int colon = authority.lastIndexOf(':');
        return names.contains(authority)
                || (colon > authority.lastIndexOf(']') && names.contains(authority.substring(0, colon)));
    }
}
