package io.bivouac.engine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bivouac.engine.RegistryException.Kind;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.oci.MediaTypes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pushes to registries of all manners. */
class PushTests {
    private static final String UPLOADS = "/v2/" + FakeImage.REPOSITORY + "/blobs/uploads/";

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private final FakeImage image = new FakeImage(1_500_000);
    private final AtomicInteger number = new AtomicInteger();
    private ScriptedServer server;
    private TestClient client;

    @BeforeEach
    void start() throws IOException {
        server = ScriptedServer.start();
        client = new TestClient(folder);
        server.on("/v2/", 200, "{}");
        server.on(
                "POST " + UPLOADS,
                exchange -> exchange.header("Location", "/upload/" + number.incrementAndGet() + "?state=x%2Fy")
                        .send(202, ""));
        for (int i = 1; i <= 20; i++) {
            server.on("PUT /upload/" + i, exchange -> exchange.send(201, ""));
        }
        server.on("PUT " + FakeImage.manifestPath("1"), exchange -> exchange.send(201, ""));
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private OutgoingManifest outgoing() {
        List<Descriptor> blobs = new ArrayList<>(image.layers);
        blobs.add(image.document.manifest().config());
        return new OutgoingManifest(image.document, blobs, List.of());
    }

    private void push() throws IOException {
        push(Optional.empty());
    }

    private void push(Optional<String> origin) throws IOException {
        client.client()
                .push(
                        ImageReference.parse(FakeImage.at(server)),
                        outgoing(),
                        (blob, offset) -> {
                            ByteArrayInputStream in =
                                    new ByteArrayInputStream(Objects.requireNonNull(image.blobs.get(blob.digest())));
                            in.skipNBytes(offset);
                            return in;
                        },
                        origin.map(ImageReference::parse),
                        new TransferMeter(bytes -> {}));
    }

    private RegistryFailure failure() {
        return catchThrowableOfType(RegistryFailure.class, this::push);
    }

    private Digest sent(String prefix) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (ScriptedServer.Request request : server.requests(prefix)) {
            all.write(request.body());
        }
        return Digest.of(all.toByteArray());
    }

    @Test
    void blobsComeFirstAndTheManifestLastAsItIs() throws Exception {
        push();

        assertThat(server.requests("PUT /upload"))
                .extracting(ScriptedServer.Request::target)
                .anySatisfy(target -> assertThat(target)
                        .matches("/upload/\\d\\?state=x%2Fy&digest=sha256%3A"
                                + image.layers.get(0).digest().hex()));
        assertThat(server.requests("PUT /upload").stream()
                        .map(request -> Digest.of(request.body()))
                        .collect(Collectors.toSet()))
                .isEqualTo(image.blobs.keySet());
        ScriptedServer.Request last = server.requests().get(server.requests().size() - 1);
        assertThat(last).hasToString("PUT " + FakeImage.manifestPath("1"));
        assertThat(last.body()).isEqualTo(image.document.content());
    }

    @Test
    void blobThatIsThereIsNotSent() throws Exception {
        image.serve(server);

        push();

        assertThat(server.requests("POST")).isEmpty();
    }

    @Test
    void blobIsMountedFromAnotherRepositoryOfTheSameRegistry() throws Exception {
        server.on("POST " + UPLOADS, exchange -> exchange.send(201, ""));

        push(Optional.of(server.name() + "/other/place:1"));

        assertThat(server.requests("POST"))
                .extracting(ScriptedServer.Request::target)
                .contains(UPLOADS + "?mount=sha256%3A"
                        + image.layers.get(0).digest().hex() + "&from=other%2Fplace");
        assertThat(server.requests("PUT /upload")).isEmpty();
    }

    @Test
    void blobOfAnotherRegistryIsNoneToMount() throws Exception {
        push(Optional.of("example.org/other/place:1"));

        assertThat(server.requests("POST"))
                .extracting(ScriptedServer.Request::target)
                .containsOnly(UPLOADS);
    }

    @Test
    void registryThatTakesNoLargeRequestGetsPieces() throws Exception {
        server.on(
                "POST " + UPLOADS,
                exchange -> exchange.header("Location", "/upload/" + number.incrementAndGet())
                        .send(202, ""));
        for (int i = 1; i <= 20; i++) {
            String path = "/upload/" + i;
            server.on(
                    "PUT " + path,
                    exchange -> exchange.send(exchange.request().body().length > 600_000 ? 413 : 201, ""));
            server.on("PATCH " + path, exchange -> {
                if (exchange.request().body().length > 600_000) {
                    exchange.send(413, "");
                } else {
                    exchange.header("Location", path).send(202, "");
                }
            });
        }

        push();

        List<ScriptedServer.Request> pieces = server.requests("PATCH").stream()
                .filter(request -> request.body().length <= 600_000)
                .toList();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (ScriptedServer.Request piece : pieces) {
            all.write(piece.body());
        }
        assertThat(Digest.of(all.toByteArray())).isEqualTo(image.layers.get(0).digest());
        assertThat(pieces).hasSize(3);
    }

    @Test
    void uploadThatBreaksGoesOnWhereTheRegistryIs() throws Exception {
        AtomicInteger turn = new AtomicInteger();
        for (int i = 1; i <= 20; i++) {
            String path = "/upload/" + i;
            server.on("PUT " + path, exchange -> {
                boolean large = exchange.request().body().length == 1_500_000;
                exchange.send(large && turn.getAndIncrement() == 0 ? 503 : 201, "");
            });
            server.on(
                    "GET " + path,
                    exchange -> exchange.header("Location", path)
                            .header("Range", "0-999999")
                            .send(204, ""));
            server.on(
                    "PATCH " + path,
                    exchange -> exchange.header("Location", path).send(202, ""));
        }

        push();

        assertThat(server.requests("PATCH")).hasSize(1);
        assertThat(server.requests("PATCH").get(0).body()).hasSize(500_000);
    }

    @Test
    void uploadThatTheRegistryHasLostBeginsAnew() throws Exception {
        AtomicInteger turn = new AtomicInteger();
        for (int i = 1; i <= 20; i++) {
            server.on("PUT /upload/" + i, exchange -> {
                boolean large = exchange.request().body().length == 1_500_000;
                exchange.send(large && turn.getAndIncrement() == 0 ? 502 : 201, "");
            });
        }

        push();

        assertThat(server.requests("POST")).hasSize(3);
    }

    @Test
    void uploadIsNotLedToWhereItShouldNotGo() throws Exception {
        server.on(
                "POST " + UPLOADS,
                exchange ->
                        exchange.header("Location", "http://169.254.169.254/x").send(202, ""));

        RegistryFailure failure = failure();

        assertThat(failure.kind()).isEqualTo(Kind.UNSAFE);
    }

    @Test
    void uploadToAnotherSiteCarriesNoCredentials() throws Exception {
        client.dockerConfig("{\"auths\":{\"" + server.name() + "\":{\"auth\":\"Y2FtcGVyOnMzY3JldA==\"}}}");
        server.on(
                "/v2/",
                exchange ->
                        exchange.header("WWW-Authenticate", "Basic realm=\"x\"").send(401, ""));
        try (ScriptedServer storage = ScriptedServer.start()) {
            storage.on("/put", exchange -> exchange.send(201, ""));
            server.on(
                    "POST " + UPLOADS,
                    exchange ->
                            exchange.header("Location", storage.url() + "/put").send(202, ""));

            push();

            assertThat(storage.requests()).hasSize(2);
            assertThat(storage.requests())
                    .extracting(ScriptedServer.Request::authorization)
                    .containsOnly("");
            assertThat(server.requests("POST"))
                    .extracting(ScriptedServer.Request::authorization)
                    .containsOnly("Basic Y2FtcGVyOnMzY3JldA==");
        }
    }

    @Test
    void manifestKeptUnderAnotherDigestIsAFailure() {
        server.on(
                "PUT " + FakeImage.manifestPath("1"),
                exchange -> exchange.header(
                                "Docker-Content-Digest", Digest.of(new byte[1]).toString())
                        .send(201, ""));

        RegistryFailure failure = failure();

        assertThat(failure.kind()).isEqualTo(Kind.CORRUPT);
        assertThat(failure)
                .hasMessageStartingWith("the manifest " + image.digest() + " was kept under another digest, "
                        + Digest.of(new byte[1]) + ", as ");
    }

    @Test
    void deniedPushIsNamed() {
        server.on("POST " + UPLOADS, 403, "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"requested access\"}]}");

        RegistryFailure failure = failure();

        assertThat(failure.kind()).isEqualTo(Kind.NOT_ALLOWED);
        assertThat(failure)
                .hasMessageContaining("place for blob sha256:")
                .hasMessageContaining("(DENIED: requested access)");
    }

    @Test
    void manifestsOfAnIndexComeBeforeIt() throws Exception {
        byte[] index = "{\"schemaVersion\":2,\"manifests\":[]}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        ManifestDocument document =
                new ManifestDocument(new Descriptor(MediaTypes.INDEX, Digest.of(index), index.length), index);
        server.on("PUT " + FakeImage.manifestPath(image.digest()), exchange -> exchange.send(201, ""));

        client.client()
                .push(
                        ImageReference.parse(FakeImage.at(server)),
                        new OutgoingManifest(document, List.of(), List.of(outgoing())),
                        (blob, offset) ->
                                new ByteArrayInputStream(Objects.requireNonNull(image.blobs.get(blob.digest()))),
                        Optional.empty(),
                        new TransferMeter(bytes -> {}));

        assertThat(server.requests("PUT /v2/"))
                .extracting(ScriptedServer.Request::toString)
                .containsExactly("PUT " + FakeImage.manifestPath(image.digest()), "PUT " + FakeImage.manifestPath("1"));
        assertThat(sent("PUT " + FakeImage.manifestPath("1")))
                .isEqualTo(document.descriptor().digest());
    }
}
