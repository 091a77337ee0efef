package io.bivouac.engine.registry;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Answers a registry's challenges for one repository. Credentials are looked for when it first wants to see any. */
final class Authorizer {
    private final Home home;
    private final TokenServer server;
    private final CredentialFiles files;
    private final String repository;
    private final Set<String> scopes = new LinkedHashSet<>();
    private @Nullable Challenge challenge;
    private @Nullable Login login;

    /**
     * @param scopes what will be done, as token servers write it: {@code repository:library/postgres:pull}
     */
    Authorizer(Home home, TokenServer server, CredentialFiles files, String repository, List<String> scopes) {
        this.home = home;
        this.server = server;
        this.files = files;
        this.repository = repository;
        this.scopes.addAll(scopes);
    }

    /** As whom the registry is asked now. */
    synchronized Login login() throws IOException {
        if (login == null) {
            login = files.find(home.site(), repository);
        }
        return login;
    }

    /** Takes note of what the registry wants to see. */
    synchronized void challenged(Answer answer) {
        List<Challenge> offered = Challenge.parse(answer.headers().allValues("WWW-Authenticate"));
        Optional<Challenge> chosen = first(offered, Challenge.BEARER)
                .filter(bearer -> bearer.parameter("realm").isPresent())
                .or(() -> first(offered, Challenge.BASIC));
        if (chosen.isEmpty()) {
            return;
        }
        challenge = chosen.get();
        for (String scope : challenge.parameter("scope").orElse("").split(" ", -1)) {
            if (!scope.isEmpty()) {
                scopes.add(scope);
            }
        }
    }

    private static Optional<Challenge> first(List<Challenge> offered, String scheme) {
        return offered.stream().filter(each -> each.scheme().equals(scheme)).findFirst();
    }

    /**
     * The value of the {@code Authorization} header; empty when the registry wants none, or there is nothing to show.
     *
     * @param refused the value that was shown in vain
     */
    synchronized Optional<String> header(Optional<String> refused) throws IOException {
        if (challenge == null) {
            return Optional.empty();
        }
        Login shown = login();
        if (challenge.scheme().equals(Challenge.BASIC)) {
            return shown.credentials() instanceof Credentials.Password password
                    ? Optional.of(password.basic())
                    : Optional.empty();
        }
        if (shown.credentials() instanceof Credentials.RegistryToken token) {
            return Optional.of(bearer(token.token()));
        }
        Optional<String> refusedToken = refused.map(value -> value.substring(value.indexOf(' ') + 1));
        return Optional.of(bearer(server.token(home, challenge, shown, scopes, refusedToken)));
    }

    private static String bearer(String token) {
        return "Bearer " + token;
    }
}
