package io.bivouac.engine.registry;

import io.bivouac.engine.RegistryException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A repository at one site. It is contacted when it is first needed, which tells whether it can be reached, and how. */
final class Endpoint {
    private static final int BAD_REQUEST = 400;

    private final Services services;
    private final Site site;
    private final String repository;
    private final List<String> scopes;
    private @Nullable Contact contact;
    private @Nullable RegistryFailure unreachable;

    /** What the first contact has told. */
    private record Contact(Home home, Authorizer authorizer) {}

    /**
     * @param repository with the site's prefix
     * @param scopes what will be done there
     */
    Endpoint(Services services, Site site, String repository, List<String> scopes) {
        this.services = services;
        this.site = site;
        this.repository = repository;
        this.scopes = scopes;
    }

    Site site() {
        return site;
    }

    String repository() {
        return repository;
    }

    Patience patience() {
        return services.transport().patience();
    }

    /** The address of something in the repository: {@code manifests/15}. */
    URI uri(String path) throws IOException {
        return URI.create(contact().home.origin() + "/v2/" + repository + "/" + path);
    }

    Home home() throws IOException {
        return contact().home;
    }

    Login login() throws IOException {
        return contact().authorizer.login();
    }

    /** Contacts the registry once: every later request knows where it is and what it wants to see. */
    private synchronized Contact contact() throws IOException {
        if (unreachable != null) {
            throw unreachable;
        }
        if (contact == null) {
            try {
                contact = makeContact();
            } catch (RegistryFailure e) {
                unreachable = e;
                throw e;
            }
        }
        return contact;
    }

    private Contact makeContact() throws IOException {
        Duration limit = site.mirror() ? patience().mirrorContact() : patience().contact();
        long deadline = System.nanoTime() + limit.toNanos();
        AddressRule rule = rule(limit);
        IOException told = null;
        List<String> schemes = schemes();
        for (int i = 0; i < schemes.size(); i++) {
            // This very host refuses at once where nobody listens; who is merely busy may take the time.
            long share = site.isLoopback()
                    ? (site.mirror() ? limit : patience().answer()).toNanos()
                    : Math.max(1, (deadline - System.nanoTime()) / (schemes.size() - i));
            Home home = home(schemes.get(i), rule);
            try {
                return makeContact(home, Duration.ofNanos(share));
            } catch (IOException e) {
                rethrowLasting(e);
                // What https has to say tells more, unless it is that nobody speaks it there.
                boolean telling = home.origin().isSecure() && !Failures.isPlain(e);
                told = told == null || telling || Failures.isPlain(told) ? e : told;
            }
        }
        throw told == null
                ? new RegistryFailure(Kind.FAILED, site + " has no scheme to be asked by")
                : Failures.of(site, site.authority(), told);
    }

    private Contact makeContact(Home home, Duration limit) throws IOException {
        Answer answer =
                services.transport().send(Call.get(URI.create(home.origin() + "/v2/")), home, Optional.empty(), limit);
        if (answer.status() == BAD_REQUEST && !home.origin().isSecure()) {
            // So a server of https answers when it is spoken to in plain text.
            throw new IOException("it does not understand plain http");
        }
        Authorizer authorizer = new Authorizer(home, services.tokens(), services.credentials(), repository, scopes);
        authorizer.challenged(answer);
        return new Contact(home, authorizer);
    }

    private Home home(String scheme, AddressRule rule) throws RegistryFailure {
        try {
            return new Home(site, Origin.of(URI.create(scheme + "://" + site.authority())), rule);
        } catch (IllegalArgumentException e) {
            throw new RegistryFailure(Kind.UNREACHABLE, site + " is not the name of a host", e);
        }
    }

    private AddressRule rule(Duration limit) throws IOException {
        boolean proxied = services.transport().isProxied(URI.create(schemes().get(0) + "://" + site.authority()));
        if (proxied) {
            return new AddressRule(List.of());
        }
        try {
            String host = site.host();
            List<InetAddress> addresses = services.transport().addresses().of(host, limit);
            return new AddressRule(addresses);
        } catch (IOException e) {
            rethrowLasting(e);
            throw Failures.of(site, site.authority(), e);
        }
    }

    /** On this very host nobody listens in between, as Docker has it too. */
    private List<String> schemes() {
        if (site.scheme().isPresent()) {
            return List.of(site.scheme().get());
        }
        if (services.settings().isInsecure(site.authority())) {
            return List.of(Origin.HTTPS, Origin.HTTP);
        }
        return site.isLoopback() ? List.of(Origin.HTTP, Origin.HTTPS) : List.of(Origin.HTTPS);
    }

    /** Sends a request, several times where that may help, and answers challenges. What is no success is returned as well. */
    Answer call(Call call, String what) throws IOException {
        Backoff backoff = new Backoff(patience());
        while (true) {
            try {
                Answer answer = callOnce(call);
                requireLasting(answer, what);
                return answer;
            } catch (IOException e) {
                await(backoff, e);
            }
        }
    }

    /** Waits before something is tried again; throws what went wrong when that is of no use. */
    void await(Backoff backoff, IOException e) throws IOException {
        rethrowLasting(e);
        if (e instanceof PassingFailure passing) {
            backoff.await(passing.failure(), passing.wish());
        } else {
            backoff.await(failure(e), Optional.empty());
        }
    }

    void requireLasting(Answer answer, String what) throws IOException {
        if (Failures.isPassing(answer.status())) {
            throw new PassingFailure(failure(what, answer), answer.retryAfter());
        }
    }

    /** Sends a request, and again with an authorization when it is wanted. */
    Answer callOnce(Call call) throws IOException {
        Contact known = contact();
        Optional<String> shown = known.authorizer.header(Optional.empty());
        Answer answer = send(call, known, shown);
        if (answer.status() != Failures.UNAUTHORIZED || !Origin.of(answer.uri()).equals(known.home.origin())) {
            return answer;
        }
        known.authorizer.challenged(answer);
        Optional<String> other = known.authorizer.header(shown);
        return other.isEmpty() || other.equals(shown) ? answer : send(call, known, other);
    }

    private Answer send(Call call, Contact known, Optional<String> authorization) throws IOException {
        return services.transport()
                .send(call, known.home, authorization, patience().answer());
    }

    RegistryFailure failure(IOException e) {
        return Failures.of(site, site.authority(), e);
    }

    RegistryFailure failure(String what, Answer answer) throws IOException {
        Optional<String> wish = answer.retryAfter().map(wait -> "; it asks to wait " + wait.toSeconds() + " s");
        return answer.status() == Failures.TOO_MANY_REQUESTS
                ? Failures.rateLimited(site, Failures.said(answer), wish.orElse(""))
                : Failures.of(site, what, answer, Failures.isAboutLogin(answer) ? login() : Login.NONE);
    }

    /** A rule that was broken and a full disk are no passing trouble, and whoever was interrupted wants no second attempt. */
    private static void rethrowLasting(IOException e) throws IOException {
        if (e instanceof RegistryFailure
                || e instanceof LocalFailure
                || Thread.currentThread().isInterrupted()) {
            throw e;
        }
    }
}
