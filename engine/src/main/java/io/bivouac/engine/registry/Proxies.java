package io.bivouac.engine.registry;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which proxy a request goes through: the one this JVM is configured with ({@code https.proxyHost}, a selector of its own), else
 * that of the environment ({@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code ALL_PROXY}, {@code NO_PROXY}). Only HTTP proxies.
 */
final class Proxies extends ProxySelector {
    private static final int DEFAULT_PORT = 80;

    private final Surroundings surroundings;

    Proxies(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public List<Proxy> select(URI uri) {
        return List.of(find(uri).orElse(Proxy.NO_PROXY));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // Whoever sent the request hears of it.
    }

    boolean isProxied(URI uri) {
        return find(uri).isPresent();
    }

    private Optional<Proxy> find(URI uri) {
        Optional<Proxy> ofJvm = ofJvm(uri);
        if (ofJvm.isPresent() || System.getProperty(uri.getScheme() + ".proxyHost") != null) {
            return ofJvm;
        }
        return ofEnvironment(uri)
                .map(proxy -> new Proxy(
                        Proxy.Type.HTTP,
                        InetSocketAddress.createUnresolved(
                                proxy.getHost(), proxy.getPort() < 0 ? DEFAULT_PORT : proxy.getPort())));
    }

    private static Optional<Proxy> ofJvm(URI uri) {
        ProxySelector selector = ProxySelector.getDefault();
        return selector == null
                ? Optional.empty()
                : selector.select(uri).stream()
                        .filter(proxy -> proxy.type() == Proxy.Type.HTTP)
                        .findFirst();
    }

    /** The value of {@code Proxy-Authorization}, where the environment names a user. */
    Optional<String> authorization(URI uri) {
        if (ofJvm(uri).isPresent()) {
            return Optional.empty();
        }
        return ofEnvironment(uri).map(URI::getRawUserInfo).map(userInfo -> {
            String pair = URLDecoder.decode(userInfo.replace("+", "%2B"), StandardCharsets.UTF_8);
            return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
        });
    }

    private Optional<URI> ofEnvironment(URI uri) {
        String host = uri.getHost();
        if (host == null || isThisHost(host) || isExcluded(host, uri.getPort())) {
            return Optional.empty();
        }
        String name = uri.getScheme().toLowerCase(Locale.ROOT) + "_proxy";
        return variable(name).or(() -> variable("all_proxy")).flatMap(Proxies::parse);
    }

    /** Both cases are in use. */
    private Optional<String> variable(String name) {
        return surroundings.variable(name.toUpperCase(Locale.ROOT)).or(() -> surroundings.variable(name));
    }

    private static Optional<URI> parse(String text) {
        try {
            URI proxy = URI.create(text.contains("://") ? text : "http://" + text);
            boolean http = proxy.getScheme().equalsIgnoreCase("http");
            return http && proxy.getHost() != null ? Optional.of(proxy) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Whether it is this very host by its name, so that nobody is between. */
    static boolean isThisHost(String host) {
        return host.equals("localhost")
                || literal(host).map(InetAddress::isLoopbackAddress).orElse(false);
    }

    /** An address, not a name: no question to any name server. */
    static Optional<InetAddress> literal(String host) {
        boolean address = host.startsWith("[") || host.matches("[0-9.]+");
        try {
            return address ? Optional.of(InetAddress.getByName(host)) : Optional.empty();
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    private boolean isExcluded(String host, int port) {
        for (String entry : variable("no_proxy").orElse("").split(",", -1)) {
            if (excludes(entry.strip().toLowerCase(Locale.ROOT), host.toLowerCase(Locale.ROOT), port)) {
                return true;
            }
        }
        return false;
    }

    private static boolean excludes(String entry, String host, int port) {
        if (entry.isEmpty()) {
            return false;
        }
        int slash = entry.indexOf('/');
        if (slash > 0) {
            return literal(host).map(address -> contains(entry, slash, address)).orElse(false);
        }
        int colon = entry.lastIndexOf(':');
        boolean withPort = colon > 0 && entry.indexOf(':') == colon;
        if (withPort && !entry.substring(colon + 1).equals(Integer.toString(port))) {
            return false;
        }
        String name = withPort ? entry.substring(0, colon) : entry;
        String suffix = name.startsWith("*.") ? name.substring(1) : name.startsWith(".") ? name : "." + name;
        return name.equals("*") || host.equals(name) || host.endsWith(suffix);
    }

    /** Whether a network such as {@code 10.0.0.0/8} holds the address. */
    private static boolean contains(String network, int slash, InetAddress address) {
        String begin = network.substring(0, slash);
        @Nullable
        InetAddress base =
                literal(begin.indexOf(':') < 0 ? begin : "[" + begin + "]").orElse(null);
        String digits = network.substring(slash + 1);
        if (base == null || !digits.matches("\\d{1,3}")) {
            return false;
        }
        byte[] wanted = base.getAddress();
        byte[] actual = address.getAddress();
        int bits = Integer.parseInt(digits);
        boolean same = wanted.length == actual.length && bits <= wanted.length * 8;
        for (int bit = 0; same && bit < bits; bit++) {
            int mask = 0x80 >> bit % 8;
            same = (wanted[bit / 8] & mask) == (actual[bit / 8] & mask);
        }
        return same;
    }
}
