package io.bivouac.engine.registry;

import io.bivouac.engine.RegistryException.Kind;
import io.bivouac.engine.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Gets tokens from the servers that registries name, and keeps them as long as they last.
 *
 * @see <a href="https://distribution.github.io/distribution/spec/auth/token/">distribution, token authentication</a>
 * @see <a href="https://distribution.github.io/distribution/spec/auth/oauth/">distribution, OAuth 2</a>
 */
final class TokenServer {
    private static final String CLIENT = "bivouac";
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final Pattern HEADER_SAFE = Pattern.compile("[\\x21-\\x7e]{1,65536}");

    private final Transport transport;
    private final RegistrySettings settings;
    private final Map<Key, Token> tokens = new ConcurrentHashMap<>();

    /** What a token is good for. */
    private record Key(String registry, String login, String realm, String service, Set<String> scopes) {}

    TokenServer(Transport transport, RegistrySettings settings) {
        this.transport = transport;
        this.settings = settings;
    }

    /**
     * A token for these scopes.
     *
     * @param refused one that did not help, which is forgotten
     */
    String token(Home home, Challenge challenge, Login login, Set<String> scopes, Optional<String> refused)
            throws IOException {
        String realm = challenge.parameter("realm").orElse("");
        String service = challenge.parameter("service").orElse("");
        Key key = new Key(home.site().name(), login.credentials().fingerprint(), realm, service, Set.copyOf(scopes));
        Token known = tokens.get(key);
        if (known != null && known.isValid() && !refused.equals(Optional.of(known.value()))) {
            return known.value();
        }
        Token fetched = fetch(home, realm, service, login, scopes);
        tokens.put(key, fetched);
        return fetched.value();
    }

    private Token fetch(Home home, String realm, String service, Login login, Set<String> scopes) throws IOException {
        URI uri = Transport.resolve(URI.create(home.origin() + "/"), realm, home);
        Origin origin = Origin.of(uri);
        if (!login.isAnonymous() && !mayHaveCredentials(home, origin)) {
            throw new RegistryFailure(
                    Kind.UNSAFE,
                    home.name() + " sends to the token server " + origin
                            + ", which is of another site: the credentials of "
                            + login.describe() + " are not shown there. If that is right, allow it with"
                            + " -Dbivouac.registry.realms=" + origin.authority());
        }
        Answer answer = ask(home.at(origin), uri, service, login, scopes);
        if (!answer.isSuccess()) {
            throw refusal(home, origin, answer, login);
        }
        return parse(home, answer);
    }

    private Answer ask(Home server, URI uri, String service, Login login, Set<String> scopes) throws IOException {
        if (login.credentials() instanceof Credentials.IdentityToken identity) {
            return post(
                    server,
                    uri,
                    service,
                    scopes,
                    Map.of("grant_type", "refresh_token", "refresh_token", identity.token()));
        }
        Optional<Credentials.Password> password =
                login.credentials() instanceof Credentials.Password found ? Optional.of(found) : Optional.empty();
        Answer answer = send(
                Call.get(query(uri, service, scopes, password)), server, password.map(Credentials.Password::basic));
        if (answer.status() == METHOD_NOT_ALLOWED && password.isPresent()) {
            Map<String, String> grant = new LinkedHashMap<>();
            grant.put("grant_type", "password");
            grant.put("username", password.get().user());
            grant.put("password", password.get().secret());
            return post(server, uri, service, scopes, grant);
        }
        return answer;
    }

    private Answer post(Home server, URI uri, String service, Set<String> scopes, Map<String, String> grant)
            throws IOException {
        List<String> form = new ArrayList<>();
        grant.forEach((name, value) -> form.add(pair(name, value)));
        form.add(pair("service", service));
        form.add(pair("client_id", CLIENT));
        form.add(pair("scope", String.join(" ", scopes)));
        String body = String.join("&", form);
        return send(
                Call.of("POST", uri)
                        .sending("application/x-www-form-urlencoded", watch -> BodyPublishers.ofString(body)),
                server,
                Optional.empty());
    }

    private static URI query(
            URI realm, String service, Collection<String> scopes, Optional<Credentials.Password> login) {
        List<String> query = new ArrayList<>();
        if (realm.getRawQuery() != null) {
            query.add(realm.getRawQuery());
        }
        if (!service.isEmpty()) {
            query.add(pair("service", service));
        }
        scopes.forEach(scope -> query.add(pair("scope", scope)));
        login.ifPresent(password -> query.add(pair("account", password.user())));
        String path = realm.getRawPath() == null ? "" : realm.getRawPath();
        return URI.create(Origin.of(realm) + path + (query.isEmpty() ? "" : "?" + String.join("&", query)));
    }

    private static String pair(String name, String value) {
        return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    private Answer send(Call call, Home server, Optional<String> authorization) throws IOException {
        Backoff backoff = new Backoff(transport.patience());
        while (true) {
            try {
                Answer answer = transport.send(
                        call, server, authorization, transport.patience().answer());
                if (!Failures.isPassing(answer.status())) {
                    return answer;
                }
                backoff.await(refusal(server, server.origin(), answer, Login.NONE), answer.retryAfter());
            } catch (RegistryFailure e) {
                throw e;
            } catch (IOException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                backoff.await(Failures.of(server.site(), server.origin().authority(), e), Optional.empty());
            }
        }
    }

    private static RegistryFailure refusal(Home home, Origin server, Answer answer, Login login) {
        if (answer.status() == Failures.TOO_MANY_REQUESTS) {
            return Failures.rateLimited(home.site(), Failures.said(answer), "");
        }
        boolean refused = answer.status() == Failures.UNAUTHORIZED || answer.status() == Failures.FORBIDDEN;
        if (refused && !login.isAnonymous()) {
            return new RegistryFailure(
                    Kind.NOT_ALLOWED,
                    home.name() + " does not take the credentials of " + login.describe() + Failures.said(answer)
                            + ". Log in anew with docker login or podman login");
        }
        return new RegistryFailure(
                refused ? Kind.NOT_ALLOWED : Kind.FAILED,
                home.name() + " has a token server, " + server + ", that answered with status " + answer.status()
                        + Failures.said(answer)
                        + (refused ? ". Log in: " + login.describe() : ". Try again, or ask its operator"));
    }

    private static Token parse(Home home, Answer answer) throws IOException {
        try {
            Map<String, ?> json = Json.parseObject(answer.content());
            Object value = json.get("token") == null ? json.get("access_token") : json.get("token");
            long seconds = json.get("expires_in") instanceof Long number ? number : 0;
            if (value instanceof String token && HEADER_SAFE.matcher(token).matches()) {
                return Token.of(token, seconds);
            }
        } catch (IllegalArgumentException e) {
            // The same as an answer without a token; the parser might quote one.
        }
        throw new RegistryFailure(
                Kind.FAILED,
                home.name() + " has a token server that answered without a token. Try again, or ask its operator");
    }

    /**
     * A registry of the same site: the same host, a sister or a parent by at least two labels of the name, or, on this very host,
     * another port. A registry that was broken into must not harvest passwords that only its token server has ever seen.
     */
    private boolean mayHaveCredentials(Home home, Origin server) {
        String registry = home.origin().host();
        String realm = server.host();
        return realm.equals(registry)
                || commonLabels(registry, realm) >= 2
                || (isLoopback(registry) && isLoopback(realm))
                || settings.isTrustedRealm(server.authority());
    }

    private static int commonLabels(String one, String other) {
        if (Proxies.literal(one).isPresent() || Proxies.literal(other).isPresent()) {
            return 0;
        }
        String[] labels = one.split("\\.", -1);
        String[] others = other.split("\\.", -1);
        int common = 0;
        while (common < Math.min(labels.length, others.length)
                && labels[labels.length - 1 - common].equals(others[others.length - 1 - common])) {
            common++;
        }
        return common;
    }

    private static boolean isLoopback(String host) {
        return host.equals("localhost")
                || Proxies.literal(host).map(InetAddress::isLoopbackAddress).orElse(false);
    }
}
