package io.bivouac.engine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bivouac.engine.RegistryException.Kind;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxyTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private static Proxies proxies(Map<String, String> environment) {
        return new Proxies(new Surroundings(environment, Path.of("/none")));
    }

    @ParameterizedTest
    @CsvSource({
        "HTTPS_PROXY, http://proxy.example:3128, https://quay.io/, proxy.example:3128",
        "https_proxy, proxy.example:3128, https://quay.io/, proxy.example:3128",
        "HTTP_PROXY, http://proxy.example, http://quay.io/, proxy.example:80",
        "ALL_PROXY, http://proxy.example:1, https://quay.io/, proxy.example:1",
        "HTTP_PROXY, http://proxy.example:1, https://quay.io/, ''",
        "ALL_PROXY, socks5://proxy.example:1, https://quay.io/, ''",
        "HTTPS_PROXY, '::::', https://quay.io/, ''",
        "ALL_PROXY, http://proxy.example:1, http://localhost:5000/, ''",
        "ALL_PROXY, http://proxy.example:1, http://127.0.0.1:5000/, ''",
        "ALL_PROXY, http://proxy.example:1, http://[::1]:5000/, ''",
    })
    void environmentNamesIt(String name, String value, String target, String expected) {
        Proxy proxy = proxies(Map.of(name, value)).select(URI.create(target)).get(0);

        if (expected.isEmpty()) {
            assertThat(proxy).isEqualTo(Proxy.NO_PROXY);
        } else {
            InetSocketAddress address = (InetSocketAddress) proxy.address();
            assertThat(address.getHostString() + ":" + address.getPort()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "example.org, registry.example.org, true",
        ".example.org, registry.example.org, true",
        "*.example.org, registry.example.org, true",
        "example.org, notexample.org, false",
        "*, quay.io, true",
        "'a, quay.io ,b', quay.io, true",
        "10.0.0.0/8, 10.1.2.3, true",
        "10.0.0.0/8, 11.1.2.3, false",
        "10.1.2.0/23, 10.1.3.255, true",
        "10.0.0.0/8, ten.example, false",
        "nonsense/99, 10.1.2.3, false",
        "fd00::/8, [fd12::1], true",
        "QUAY.IO, quay.io, true",
        "quay.io:443, quay.io, false",
        "quay.io:81, quay.io, true",
    })
    void exceptionsAreKept(String exceptions, String host, boolean direct) {
        Proxies proxies = proxies(Map.of("ALL_PROXY", "http://proxy.example:1", "NO_PROXY", exceptions));

        assertThat(proxies.isProxied(URI.create("http://" + host + ":81/"))).isEqualTo(!direct);
    }

    @Test
    void userOfTheProxyIsShownToIt() {
        Proxies proxies = proxies(Map.of("HTTPS_PROXY", "http://us%40er:pa+ss@proxy.example:1"));

        // us@er:pa+ss
        assertThat(proxies.authorization(URI.create("https://quay.io/"))).contains("Basic dXNAZXI6cGErc3M=");
        assertThat(proxies.authorization(URI.create("http://quay.io/"))).isEmpty();
    }

    /** The name means nothing to this host: only the proxy knows it. */
    @Test
    void registryIsReachedThroughIt() throws Exception {
        FakeImage image = new FakeImage(1000);
        try (ScriptedServer proxy = ScriptedServer.start();
                TestClient client = new TestClient(folder)) {
            image.serve(proxy);
            client.variable("HTTP_PROXY", "http://user:word@" + proxy.name())
                    .mirrors("a.invalid=http://registry.invalid");

            client.pull("a.invalid/" + FakeImage.REPOSITORY + ":1");

            assertThat(client.file(image.layers.get(0))).hasBinaryContent(image.layer(0));
            assertThat(proxy.requests())
                    .extracting(ScriptedServer.Request::target)
                    .contains("http://registry.invalid/v2/");
        }
    }

    @Test
    void proxyIsNoWayToAddressesOfTheHostsOwn() throws Exception {
        FakeImage image = new FakeImage(1000);
        try (ScriptedServer proxy = ScriptedServer.start();
                TestClient client = new TestClient(folder)) {
            image.serve(proxy);
            proxy.on(
                    image.layerPath(0),
                    exchange -> exchange.header("Location", "http://169.254.169.254/")
                            .send(307, ""));
            client.variable("HTTP_PROXY", "http://" + proxy.name()).mirrors("a.invalid=http://registry.invalid");

            RegistryFailure failure = catchThrowableOfType(
                    RegistryFailure.class, () -> client.pull("a.invalid/" + FakeImage.REPOSITORY + ":1"));

            assertThat(failure.kind()).isEqualTo(Kind.UNSAFE);
            assertThat(proxy.requests()).noneMatch(request -> request.target().contains("169.254"));
        }
    }

    @Test
    void proxyThatWantsCredentialsIsNamed() throws Exception {
        try (ScriptedServer proxy = ScriptedServer.start();
                TestClient client = new TestClient(folder)) {
            proxy.on("/v2/", 200, "{}");
            proxy.on(FakeImage.manifestPath("1"), 407, "");
            client.variable("HTTP_PROXY", "http://" + proxy.name()).mirrors("a.invalid=http://registry.invalid");

            RegistryFailure failure = catchThrowableOfType(
                    RegistryFailure.class, () -> client.find("a.invalid/" + FakeImage.REPOSITORY + ":1"));

            assertThat(failure.getSuppressed()).hasSize(1);
            assertThat(failure.getSuppressed()[0])
                    .hasMessageStartingWith("the proxy on the way to the mirror registry.invalid wants credentials.");
        }
    }
}
