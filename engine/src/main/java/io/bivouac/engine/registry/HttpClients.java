package io.bivouac.engine.registry;

import io.bivouac.engine.RegistryException.Kind;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Java's clients, one for each way of trusting servers. They follow no redirection, keep no cookies, and speak HTTP/1.1: over one
 * connection of HTTP/2 layers that come in parallel would share one window.
 */
final class HttpClients {
    private final Certificates certificates;
    private final RegistrySettings settings;
    private final Proxies proxies;
    private final Patience patience;
    private final Map<String, HttpClient> clients = new ConcurrentHashMap<>();

    HttpClients(Certificates certificates, RegistrySettings settings, Proxies proxies, Patience patience) {
        this.certificates = certificates;
        this.settings = settings;
        this.proxies = proxies;
        this.patience = patience;
    }

    /**
     * The client for a target: its own certificates count, else the authorities of the registry that led there.
     *
     * @param registry host and port of that registry
     */
    HttpClient of(Origin target, String registry) throws IOException {
        if (!target.isSecure()) {
            return client("plain", null);
        }
        if (settings.isInsecure(target.authority())) {
            return client("insecure", insecure());
        }
        List<Path> own = certificates.folders(target.authority());
        List<Path> authorities = new ArrayList<>(own);
        if (own.isEmpty()) {
            authorities.addAll(certificates.folders(registry));
        }
        String key = "authorities " + authorities + " own " + own;
        HttpClient known = clients.get(key);
        if (known != null) {
            return known;
        }
        return client(key, authorities.isEmpty() ? null : certificates.context(authorities, own));
    }

    private static SSLContext insecure() throws IOException {
        try {
            return TrustEverything.context();
        } catch (GeneralSecurityException e) {
            throw new RegistryFailure(Kind.FAILED, "this JVM has no TLS", e);
        }
    }

    private HttpClient client(String key, @Nullable SSLContext context) {
        return clients.computeIfAbsent(key, unused -> {
            HttpClient.Builder builder = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(patience.contact())
                    .proxy(proxies);
            return (context == null ? builder : builder.sslContext(context)).build();
        });
    }
}
