package io.bivouac.engine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bivouac.engine.RegistryException.Kind;
import io.bivouac.engine.oci.ImageReference;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MirrorTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private final FakeImage image = new FakeImage(1000);
    private ScriptedServer registry;
    private ScriptedServer mirror;
    private TestClient client;

    @BeforeEach
    void start() throws IOException {
        registry = ScriptedServer.start();
        mirror = ScriptedServer.start();
        client = new TestClient(folder);
        image.serve(registry);
        image.serve(mirror);
        client.mirrors(registry.name() + "=" + mirror.url());
    }

    @AfterEach
    void stop() {
        client.close();
        registry.close();
        mirror.close();
    }

    private void assertPulled() throws IOException {
        client.pull(FakeImage.at(registry));
        assertThat(client.file(image.layers.get(0))).hasBinaryContent(image.layer(0));
    }

    @Test
    void mirrorIsAskedAndTheRegistryIsNot() throws Exception {
        assertPulled();

        assertThat(registry.requests()).isEmpty();
    }

    @Test
    void mirrorThatIsDownIsPassedOver() throws Exception {
        mirror.close();

        assertPulled();
    }

    @Test
    void mirrorThatDoesNotHaveTheImageIsPassedOver() throws Exception {
        mirror.on(FakeImage.manifestPath("1"), 404, "");

        assertPulled();
    }

    @Test
    void blobThatTheMirrorSpoilsComesFromTheRegistry() throws Exception {
        mirror.on(image.layerPath(0), exchange -> exchange.send(200, new byte[1000]));

        assertPulled();
    }

    @Test
    void repositoriesOfAMirrorMayHaveAPrefix() throws Exception {
        client.mirrors(registry.name() + "=" + mirror.url() + "/cache");
        mirror.on(
                "/v2/cache/" + FakeImage.REPOSITORY + "/manifests/1",
                exchange -> FakeImage.sendManifest(exchange, image.document));

        client.find(FakeImage.at(registry));

        assertThat(registry.requests()).isEmpty();
    }

    @Test
    void whatTheRegistrySaysCountsWhenAllFail() {
        mirror.on(FakeImage.manifestPath("1"), 500, "");
        registry.on(FakeImage.manifestPath("1"), 404, "");

        RegistryFailure failure =
                catchThrowableOfType(RegistryFailure.class, () -> client.find(FakeImage.at(registry)));

        assertThat(failure.kind()).isEqualTo(Kind.NOT_FOUND);
        assertThat(failure.getSuppressed()).hasSize(1);
        assertThat(failure.getSuppressed()[0])
                .hasMessageStartingWith("the mirror " + mirror.name() + " answered with status 500");
    }

    @Test
    void credentialsOfTheRegistryAreNotTheMirrors() throws Exception {
        client.dockerConfig("{\"auths\":{\"" + registry.name() + "\":{\"auth\":\"Y2FtcGVyOnMzY3JldA==\"}}}");
        mirror.on(
                "/v2/",
                exchange ->
                        exchange.header("WWW-Authenticate", "Basic realm=\"x\"").send(401, ""));
        mirror.on(
                FakeImage.manifestPath("1"),
                exchange ->
                        exchange.header("WWW-Authenticate", "Basic realm=\"x\"").send(401, ""));

        assertPulled();

        assertThat(mirror.requests())
                .extracting(ScriptedServer.Request::authorization)
                .containsOnly("");
    }

    @Test
    void nobodyAtHomeIsNoticedSoon() throws Exception {
        String closed;
        try (ServerSocket socket = new ServerSocket(0)) {
            closed = "127.0.0.1:" + socket.getLocalPort();
        }
        long begin = System.nanoTime();

        RegistryFailure failure = catchThrowableOfType(RegistryFailure.class, () -> client.find(closed + "/a:1"));

        assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(failure)
                .hasMessage(closed
                        + " cannot be reached (connection refused). Check the network and the proxy; without them,"
                        + " load the image from a file, or name one with -Dbivouac.images=PATH");
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .isLessThan(TestClient.PATIENCE.contact().plusSeconds(1));
    }

    @Test
    void serverThatNeverSpeaksIsNoticed() throws Exception {
        try (ServerSocket silent = new ServerSocket(0)) {
            String name = "127.0.0.1:" + silent.getLocalPort();

            RegistryFailure failure = catchThrowableOfType(RegistryFailure.class, () -> client.find(name + "/a:1"));

            assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
            assertThat(failure).hasMessageStartingWith(name + " cannot be reached (nothing came for 2 s)");
        }
    }

    /** It speaks http, and not in time: that https does not work there either is no news. */
    @Test
    void busyRegistryOfThisHostIsNotSaidToLackHttps() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        registry.on("/v2/", exchange -> {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });

        RegistryFailure failure =
                catchThrowableOfType(RegistryFailure.class, () -> client.find(registry.name() + "/a:1"));
        end.countDown();

        assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(failure).hasMessageStartingWith(registry.name() + " cannot be reached (nothing came for 2 s)");
    }

    @Test
    void mirrorWithoutARegistryIsDockerHubs() {
        RegistrySettings settings = RegistrySettings.of(
                List.of("one.example", "docker.io=http://two.example:81/a/b", "quay.io=three.example/"),
                List.of(),
                List.of());

        assertThat(settings.sitesOf(ImageReference.parse("postgres:15")))
                .containsExactly(
                        new Site("one.example", "", null, true),
                        new Site("two.example:81", "a/b/", "http", true),
                        new Site("docker.io", "", null, false));
        assertThat(settings.sitesOf(ImageReference.parse("quay.io/x:1"))).hasSize(2);
        assertThat(settings.sitesOf(ImageReference.parse("ghcr.io/x:1"))).hasSize(1);
    }
}
