package io.bivouac.engine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bivouac.engine.RegistryException.Kind;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Registries that speak https, with certificates of their own. */
class SecureTransportTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private final FakeImage image = new FakeImage(1000);

    @SuppressWarnings("NullAway.Init") // made before all tests
    private static SelfSigned certificate;

    private ScriptedServer server;
    private ScriptedServer plain;
    private TestClient client;

    @BeforeAll
    static void sign(@TempDir Path keys) throws Exception {
        certificate = new SelfSigned(keys);
    }

    @BeforeEach
    void start() throws Exception {
        server = ScriptedServer.startSecure(certificate.context());
        plain = ScriptedServer.start();
        client = new TestClient(folder);
        image.serve(server);
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
        plain.close();
    }

    private void trust(String folderOfCertificates, ScriptedServer whom) throws Exception {
        Path target =
                Files.createDirectories(folder.resolve(folderOfCertificates).resolve(whom.name()));
        Files.copy(certificate.certificate(), target.resolve("ca.crt"));
    }

    private RegistryFailure failure() {
        return catchThrowableOfType(RegistryFailure.class, () -> client.pull(FakeImage.at(server)));
    }

    @Test
    void certificateThatNobodyKnowsIsRefused() {
        RegistryFailure failure = failure();

        assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(failure)
                .hasMessageStartingWith(server.name() + " shows no certificate that is trusted here (")
                .hasMessageEndingWith(
                        "). Put its authority's certificate into ~/.config/containers/certs.d/" + server.name()
                                + "/ca.crt, or trust it blindly with -Dbivouac.registry.insecure=" + server.name());
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void authorityOfPodmansFolderIsTrusted() throws Exception {
        trust("home/.config/containers/certs.d", server);

        client.pull(FakeImage.at(server));
    }

    @Test
    void authorityOfDockersFolderIsTrusted() throws Exception {
        trust("system/etc/docker/certs.d", server);

        client.pull(FakeImage.at(server));
    }

    @Test
    void certificateForAnotherNameIsRefused() throws Exception {
        Path target =
                Files.createDirectories(folder.resolve("home/.config/containers/certs.d/localhost:" + server.port()));
        Files.copy(certificate.certificate(), target.resolve("ca.crt"));

        RegistryFailure failure = catchThrowableOfType(
                RegistryFailure.class,
                () -> client.find("localhost:" + server.port() + "/" + FakeImage.REPOSITORY + ":1"));

        assertThat(failure)
                .hasMessageContaining("shows no certificate that is trusted here (no name matching localhost found");
    }

    @Test
    void listedHostNeedsNoCertificate() throws Exception {
        client.insecure(server.name());

        client.pull(FakeImage.at(server));
    }

    @Test
    void listedHostIsNoLicenceForOthers() throws Exception {
        try (ScriptedServer other = ScriptedServer.startSecure(certificate.context())) {
            client.insecure(server.name());
            server.on(
                    image.layerPath(0),
                    exchange -> exchange.header("Location", other.url() + "/x").send(307, ""));

            RegistryFailure failure = failure();

            assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
            assertThat(failure).hasMessageContaining("no certificate that is trusted here");
            assertThat(other.requests()).isEmpty();
        }
    }

    @Test
    void authorityOfTheRegistryIsTrustedAtItsStorage() throws Exception {
        try (ScriptedServer storage = ScriptedServer.startSecure(certificate.context())) {
            trust("home/.config/containers/certs.d", server);
            server.on(
                    image.layerPath(0),
                    exchange ->
                            exchange.header("Location", storage.url() + "/x").send(307, ""));
            storage.on("/x", exchange -> FakeImage.sendBlob(exchange, image.layer(0)));

            client.pull(FakeImage.at(server));

            assertThat(storage.requests()).hasSize(1);
        }
    }

    @Test
    void nothingLeadsFromHttpsToHttp() throws Exception {
        trust("home/.config/containers/certs.d", server);
        server.on(
                image.layerPath(0),
                exchange -> exchange.header("Location", plain.url() + "/x").send(307, ""));

        RegistryFailure failure = failure();

        assertThat(failure.kind()).isEqualTo(Kind.UNSAFE);
        assertThat(failure)
                .hasMessage(server.name() + " leads from https to http, to " + plain.url()
                        + "/x: nothing is sent there. Its"
                        + " operator has to mend that, often by telling it that it is behind a proxy");
        assertThat(plain.requests()).isEmpty();
    }

    @Test
    void tokenServerOfAnHttpsRegistryMustSpeakItToo() throws Exception {
        trust("home/.config/containers/certs.d", server);
        server.on(
                "/v2/",
                exchange -> exchange.header("WWW-Authenticate", "Bearer realm=\"" + plain.url() + "/token\"")
                        .send(401, ""));

        assertThat(failure().kind()).isEqualTo(Kind.UNSAFE);
        assertThat(plain.requests()).isEmpty();
    }

    @Test
    void serverWithoutHttpsIsNamedWhereHttpsIsWanted() throws Exception {
        try (ServerSocket deaf = new ServerSocket(0)) {
            Thread answering = new Thread(() -> answerBadRequests(deaf));
            answering.setDaemon(true);
            answering.start();
            String name = "127.0.0.1:" + deaf.getLocalPort();
            client.mirrors(server.name() + "=https://" + name);

            RegistryFailure failure = failure();

            assertThat(failure.getSuppressed()).hasSize(1);
            assertThat(failure.getSuppressed()[0])
                    .hasMessage("the mirror " + name + " does not speak https. If it is to be used without, name it in"
                            + " -Dbivouac.registry.insecure=" + name);
        }
    }

    /** On a host that has much to do, the handshake alone may outlast what a registry far away is given to connect. */
    @Test
    void busyServerOfThisHostIsNotGivenUpWhileItShakesHands() throws Exception {
        client.patience(new Patience(
                Duration.ofMillis(100),
                Duration.ofMillis(100),
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                1,
                Duration.ofMillis(1),
                Duration.ofSeconds(2)));
        try (ScriptedServer busy = ScriptedServer.startSecure(
                certificate.context(), () -> LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1)))) {
            image.serve(busy);
            client.insecure(busy.name());

            client.pull(FakeImage.at(busy));
        }
    }

    /** As servers do that read a greeting in another language. */
    private static void answerBadRequests(ServerSocket server) {
        try {
            while (true) {
                try (Socket socket = server.accept()) {
                    socket.getInputStream().read();
                    socket.getOutputStream()
                            .write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
                }
            }
        } catch (IOException e) {
            // It was closed.
        }
    }
}
