package io.bivouac.engine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bivouac.engine.RegistryException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a registry may lead to, and what is shown there. */
class RedirectionTests {
    private static final String LOGIN = "{\"auths\":{\"%s\":{\"auth\":\"Y2FtcGVyOnMzY3JldA==\"}}}";

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private final FakeImage image = new FakeImage(1000);
    private ScriptedServer server;
    private ScriptedServer storage;
    private TestClient client;

    @BeforeEach
    void start() throws IOException {
        server = ScriptedServer.start();
        storage = ScriptedServer.start();
        client = new TestClient(folder);
        image.serve(server);
        storage.on("/blob", exchange -> FakeImage.sendBlob(exchange, image.layer(0)));
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
        storage.close();
    }

    private void redirect(String location) {
        server.on(
                image.layerPath(0),
                exchange -> exchange.header("Location", location).send(307, ""));
    }

    private void assertUnsafe(String message) {
        RegistryFailure failure = catchThrowableOfType(RegistryFailure.class, () -> client.pull(FakeImage.at(server)));
        assertThat(failure.kind()).isEqualTo(Kind.UNSAFE);
        assertThat(failure).hasMessage(server.name() + " leads " + message);
    }

    /** The registry's own address is said to be one of the Internet's: for a registry on this host other rules hold. */
    private void registryIsElsewhere() {
        client.lookup(host -> InetAddress.getAllByName(host.equals("127.0.0.1") ? "93.184.216.34" : host));
    }

    @Test
    void credentialsStayWithTheRegistry() throws Exception {
        client.dockerConfig(String.format(LOGIN, server.name()));
        server.on(
                "/v2/",
                exchange ->
                        exchange.header("WWW-Authenticate", "Basic realm=\"x\"").send(401, ""));
        redirect("http://" + storage.name() + "/blob");

        client.pull(FakeImage.at(server));

        assertThat(client.file(image.layers.get(0))).hasBinaryContent(image.layer(0));
        assertThat(server.requests("GET " + image.layerPath(0)))
                .extracting(ScriptedServer.Request::authorization)
                .containsExactly("Basic Y2FtcGVyOnMzY3JldA==");
        assertThat(storage.requests())
                .extracting(ScriptedServer.Request::authorization)
                .containsExactly("");
    }

    @Test
    void challengeOfAnotherSiteIsNotAnswered() throws Exception {
        client.dockerConfig(String.format(LOGIN, server.name()));
        server.on(
                "/v2/",
                exchange ->
                        exchange.header("WWW-Authenticate", "Basic realm=\"x\"").send(401, ""));
        redirect("http://" + storage.name() + "/blob");
        storage.on(
                "/blob",
                exchange ->
                        exchange.header("WWW-Authenticate", "Basic realm=\"y\"").send(401, ""));

        RegistryFailure failure = catchThrowableOfType(RegistryFailure.class, () -> client.pull(FakeImage.at(server)));

        assertThat(failure.kind()).isEqualTo(Kind.NOT_ALLOWED);
        assertThat(storage.requests())
                .extracting(ScriptedServer.Request::authorization)
                .containsExactly("");
    }

    @Test
    void relativeRedirectionKeepsTheOrigin() throws Exception {
        client.dockerConfig(String.format(LOGIN, server.name()));
        server.on(
                "/v2/",
                exchange ->
                        exchange.header("WWW-Authenticate", "Basic realm=\"x\"").send(401, ""));
        redirect("/elsewhere");
        server.on("/elsewhere", exchange -> exchange.send(200, image.layer(0)));

        client.pull(FakeImage.at(server));

        assertThat(server.requests("GET /elsewhere"))
                .extracting(ScriptedServer.Request::authorization)
                .containsExactly("Basic Y2FtcGVyOnMzY3JldA==");
    }

    @ParameterizedTest
    @CsvSource({
        "http://169.254.169.254/latest/meta-data, a link-local address (169.254.169.254)",
        "http://2852039166/, a link-local address (169.254.169.254)",
        "http://100.100.100.200/, the address of a cloud's metadata service (100.100.100.200)",
        "http://[fd00:ec2::254]/, the address of a cloud's metadata service (fd00:ec2:0:0:0:0:0:254)",
        "http://[64:ff9b::a9fe:a9fe]/, a link-local address (64:ff9b:0:0:0:0:a9fe:a9fe)",
        "http://[::ffff:169.254.169.254]/, a link-local address (169.254.169.254)",
        "http://0.0.0.0:80/, an address nobody has (0.0.0.0)",
    })
    void addressesOfTheHostsOwnAreRefused(String location, String place) {
        redirect(location);
        String shown = location.replaceFirst("^(http://[^/]*).*", "$1");

        assertUnsafe("to " + shown + ", " + place + ": nothing is sent there");
    }

    @Test
    void nameThatStandsForAMetadataServiceIsRefused() {
        client.lookup(host -> InetAddress.getAllByName(host.equals("innocent.example") ? "169.254.169.254" : host));
        redirect("https://innocent.example/x");

        assertUnsafe("to https://innocent.example, a link-local address (169.254.169.254): nothing is sent there");
    }

    @Test
    void registryElsewhereMustNotLeadToThisHost() {
        registryIsElsewhere();
        redirect("http://localhost:" + storage.port() + "/blob");

        assertUnsafe("to http://localhost:" + storage.port()
                + ", an address of this host itself (127.0.0.1): nothing is sent there");
        assertThat(storage.requests()).isEmpty();
    }

    @Test
    void registryAtALinkLocalAddressMayLeadToAnother() throws Exception {
        client.lookup(host -> InetAddress.getAllByName(host.equals("127.0.0.1") ? "169.254.1.1" : "169.254.1.2"));
        redirect("http://localhost:" + storage.port() + "/blob");

        client.pull(FakeImage.at(server));

        assertThat(storage.requests()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"file:///etc/passwd", "ftp://x/", "http://user@host/", "http:///x", "'http://a b/'"})
    void whatIsNoAddressIsRefused(String location) {
        redirect(location);

        assertUnsafe("to " + location + ": that is no address to go to");
    }

    @Test
    void circleIsLeft() {
        redirect(image.layerPath(0));

        RegistryFailure failure = catchThrowableOfType(RegistryFailure.class, () -> client.pull(FakeImage.at(server)));

        assertThat(failure).hasMessage(server.name() + " redirects more than 5 times in a row");
    }
}
