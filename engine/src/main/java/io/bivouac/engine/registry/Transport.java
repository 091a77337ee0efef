package io.bivouac.engine.registry;

import io.bivouac.engine.RegistryException.Kind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends requests and follows where answers lead, by rules: from https never to http, with credentials to no other origin, to no
 * address a registry has no business with.
 */
final class Transport {
    /** Manifests are the largest texts. */
    static final int TEXT_LIMIT = 4 << 20;

    private static final int REDIRECTIONS = 5;
    private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final HttpClients clients;
    private final Proxies proxies;
    private final Addresses addresses;
    private final Patience patience;

    Transport(HttpClients clients, Proxies proxies, Addresses addresses, Patience patience) {
        this.clients = clients;
        this.proxies = proxies;
        this.addresses = addresses;
        this.patience = patience;
    }

    Patience patience() {
        return patience;
    }

    Addresses addresses() {
        return addresses;
    }

    /** Whether a proxy asks for the addresses of the host, and this side need not know them. */
    boolean isProxied(URI uri) {
        return proxies.isProxied(uri);
    }

    /**
     * Sends a request and what it leads to.
     *
     * @param home whom it is about: the origin that credentials are for, and the addresses that may be led to
     * @param authorization the value of the header, for that origin alone
     * @param limit until the answer begins
     */
    Answer send(Call call, Home home, Optional<String> authorization, Duration limit) throws IOException {
        Call next = call;
        for (int followed = 0; followed <= REDIRECTIONS; followed++) {
            Origin target = check(home, next.uri());
            Optional<String> shown = target.equals(home.origin()) ? authorization : Optional.empty();
            Answer answer = exchange(next, home, target, shown, limit);
            if (!answer.isRedirection() || !call.isFollowed()) {
                return answer;
            }
            next = next.to(resolve(next.uri(), answer.header("Location").orElse(""), home));
        }
        throw new RegistryFailure(
                Kind.FAILED, home.name() + " redirects more than " + REDIRECTIONS + " times in a row");
    }

    /** An address that a server names, relative to where it was asked. */
    static URI resolve(URI base, String location, Home home) throws IOException {
        try {
            URI uri = base.resolve(location);
            boolean secure = Origin.of(uri).isSecure();
            if (Origin.of(base).isSecure() && !secure) {
                throw new RegistryFailure(
                        Kind.UNSAFE,
                        home.name() + " leads from https to http, to " + Texts.printable(location)
                                + ": nothing is sent there. Its operator has to mend that, often by telling it that it is behind a"
                                + " proxy");
            }
            return uri;
        } catch (IllegalArgumentException e) {
            throw new RegistryFailure(
                    Kind.UNSAFE,
                    home.name() + " leads to " + Texts.printable(location) + ": that is no address to go to",
                    e);
        }
    }

    /** Refuses addresses that the registry must not lead to. Names that only a proxy can resolve are the proxy's affair. */
    private Origin check(Home home, URI uri) throws IOException {
        Origin target = Origin.of(uri);
        if (target.host().equals(home.site().host())) {
            return target;
        }
        if (proxies.isProxied(uri)) {
            Optional<InetAddress> literal = Proxies.literal(target.host());
            if (literal.isPresent()) {
                check(home, uri, literal.get());
            }
            return target;
        }
        for (InetAddress address : addresses.of(target.host(), patience.contact())) {
            check(home, uri, address);
        }
        return target;
    }

    private static void check(Home home, URI uri, InetAddress address) throws RegistryFailure {
        if (!home.rule().allows(address)) {
            throw new RegistryFailure(
                    Kind.UNSAFE,
                    home.name() + " leads to " + Texts.printable(uri.getScheme() + "://" + uri.getRawAuthority()) + ", "
                            + AddressRule.place(address).description() + " (" + address.getHostAddress()
                            + "): nothing is sent there");
        }
    }

    private Answer exchange(Call call, Home home, Origin target, Optional<String> authorization, Duration limit)
            throws IOException {
        Watch watch = new Watch(limit);
        HttpRequest.Builder request = HttpRequest.newBuilder(call.uri())
                .header("User-Agent", "bivouac")
                .method(
                        call.method(),
                        call.body() == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : call.body().apply(watch));
        call.headers().forEach(request::header);
        authorization.ifPresent(value -> request.header("Authorization", value));
        proxies.authorization(call.uri()).ifPresent(value -> request.header("Proxy-Authorization", value));
        HttpClient client = clients.of(target, home.site().authority());
        Receiver receiver = new Receiver(call.sink(), watch, TEXT_LIMIT);
        CompletableFuture<HttpResponse<byte[]>> sent =
                client.sendAsync(request.build(), head -> receiver.begin(head, patience.stall()));
        try {
            HttpResponse<byte[]> response = await(sent, watch);
            return new Answer(response.statusCode(), response.headers(), call.uri(), response.body());
        } catch (Receiver.TooLargeException e) {
            throw Failures.corrupt(home.site(), "an answer has " + e.getMessage() + ", more than any manifest");
        } finally {
            receiver.end();
        }
    }

    private static HttpResponse<byte[]> await(CompletableFuture<HttpResponse<byte[]>> sent, Watch watch)
            throws IOException {
        try {
            while (true) {
                long left = watch.left();
                if (left <= 0) {
                    throw new HttpTimeoutException(
                            "nothing came for " + Math.max(1, watch.limit().toSeconds()) + " s");
                }
                try {
                    return sent.get(Math.min(left, TICK_NANOS), TimeUnit.NANOSECONDS);
                } catch (TimeoutException e) {
                    // Something may have moved meanwhile.
                }
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        } finally {
            sent.cancel(true);
        }
    }
}
