package io.bivouac.engine.registry;

import io.bivouac.engine.RegistryException.Kind;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
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
            return client("plain", target, null);
        }
        if (settings.isInsecure(target.authority())) {
            return client("insecure", target, insecure());
        }
        List<Path> own = certificates.folders(target.authority());
        List<Path> authorities = new ArrayList<>(own);
        if (own.isEmpty()) {
            authorities.addAll(certificates.folders(registry));
        }
        String trust = "authorities " + authorities + " own " + own;
        HttpClient known = clients.get(key(trust, target));
        if (known != null) {
            return known;
        }
        return client(trust, target, authorities.isEmpty() ? null : certificates.context(authorities, own));
    }

    private static SSLContext insecure() throws IOException {
        try {
            return TrustEverything.context();
        } catch (GeneralSecurityException e) {
            throw new RegistryFailure(Kind.FAILED, "this JVM has no TLS", e);
        }
    }

    /** Clients differ in how long they try to connect. */
    private String key(String trust, Origin target) {
        return trust + " within " + connection(target);
    }

    /**
     * How long a connection may take, the handshake of TLS included. This very host refuses at once where nobody listens; who is
     * merely busy may take the time of an answer.
     */
    private Duration connection(Origin target) {
        return Proxies.isThisHost(target.host()) ? patience.answer() : patience.contact();
    }

    private HttpClient client(String trust, Origin target, @Nullable SSLContext context) {
        return clients.computeIfAbsent(key(trust, target), unused -> {
            HttpClient.Builder builder = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(connection(target))
                    .proxy(proxies);
            return (context == null ? builder : builder.sslContext(context)).build();
        });
    }
}
