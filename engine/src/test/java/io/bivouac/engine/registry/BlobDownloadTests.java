package io.bivouac.engine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.RegistryException.Kind;
import io.bivouac.engine.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bodies that break, lie, crawl or never end. */
class BlobDownloadTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private final FakeImage image = new FakeImage(100_000, 5);
    private ScriptedServer server;
    private TestClient client;

    @BeforeEach
    void start() throws IOException {
        server = ScriptedServer.start();
        client = new TestClient(folder);
        image.serve(server);
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private RegistryFailure failure() {
        return org.assertj.core.api.Assertions.catchThrowableOfType(
                RegistryFailure.class, () -> client.pull(FakeImage.at(server)));
    }

    private void assertCorrupt(String problem) {
        RegistryFailure failure = failure();
        assertThat(failure.kind()).isEqualTo(Kind.CORRUPT);
        assertThat(failure)
                .hasMessage(problem + ", as " + server.name()
                        + " sent it; nothing of it was kept. Try again; if it stays so,"
                        + " the registry or a proxy on the way spoils what it passes on");
    }

    private void assertPulled() throws IOException {
        client.pull(FakeImage.at(server));
        assertThat(client.file(image.layers.get(0))).hasBinaryContent(image.layer(0));
        assertThat(client.file(image.layers.get(1))).hasBinaryContent(image.layer(1));
    }

    @Test
    void layersArriveWhole() throws Exception {
        assertPulled();
        assertThat(server.requests("GET " + image.layerPath(0))).hasSize(1);
    }

    @Test
    void bodyThatIsCutIsGoneOnWith() throws Exception {
        AtomicInteger turn = new AtomicInteger();
        byte[] content = image.layer(0);
        server.on(image.layerPath(0), exchange -> {
            int begin = exchange.request().range().isEmpty()
                    ? 0
                    : Integer.parseInt(exchange.request().range().replaceAll("\\D", ""));
            int end = Math.min(content.length, begin + 30_000);
            exchange.header("Content-Range", "bytes " + begin + "-" + (content.length - 1) + "/" + content.length);
            exchange.cut(
                    turn.getAndIncrement() == 0 ? 200 : 206,
                    content.length - begin,
                    Arrays.copyOfRange(content, begin, end));
        });

        assertPulled();

        assertThat(server.requests("GET " + image.layerPath(0)))
                .extracting(ScriptedServer.Request::range)
                .containsExactly("", "bytes=30000-", "bytes=60000-", "bytes=90000-");
    }

    @Test
    void registryThatKnowsNoRangesBeginsAnew() throws Exception {
        AtomicInteger turn = new AtomicInteger();
        byte[] content = image.layer(0);
        server.on(image.layerPath(0), exchange -> {
            if (turn.getAndIncrement() == 0) {
                exchange.cut(200, content.length, Arrays.copyOf(content, 50_000));
            } else {
                exchange.send(200, content);
            }
        });

        assertPulled();
    }

    @Test
    void bodyThatNeverComesToAnEndIsGivenUp() {
        server.on(image.layerPath(0), exchange -> exchange.cut(200, 100_000, new byte[0]));

        RegistryFailure failure = failure();

        assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(server.requests("GET " + image.layerPath(0))).hasSize(TestClient.PATIENCE.attempts());
    }

    @Test
    void bodyThatStallsIsAskedForAgain() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger turn = new AtomicInteger();
        byte[] content = image.layer(0);
        server.on(image.layerPath(0), exchange -> {
            if (turn.getAndIncrement() == 0) {
                var out = exchange.begin(200, content.length);
                out.write(content, 0, 10_000);
                out.flush();
                await(end);
            } else {
                FakeImage.sendBlob(exchange, content);
            }
        });
        try {
            assertPulled();
        } finally {
            end.countDown();
        }
        assertThat(server.requests("GET " + image.layerPath(0)).get(1).range()).startsWith("bytes=");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void contentOfAnotherDigestIsRefused() {
        byte[] wrong = image.layer(0).clone();
        wrong[77_777] ^= 1;
        server.on(image.layerPath(0), exchange -> exchange.send(200, wrong));

        assertCorrupt(
                "blob " + image.layers.get(0).digest() + " is damaged: its content has the digest " + Digest.of(wrong));
        assertThat(client.file(image.layers.get(0))).doesNotExist();
        assertThat(client.partial(image.layers.get(0))).isEmptyFile();
    }

    @Test
    void contentThatIsTooLongOrTooShortIsRefused() {
        server.on(image.layerPath(0), exchange -> exchange.send(200, new byte[100_001]));
        assertCorrupt("blob " + image.layers.get(0).digest() + " has 100001 bytes, and should have 100000");

        server.on(image.layerPath(0), exchange -> exchange.send(200, new byte[99_999]));
        assertCorrupt("blob " + image.layers.get(0).digest() + " has 99999 bytes, and should have 100000");
    }

    @Test
    void contentWithoutALengthIsCountedAsItComes() {
        server.on(image.layerPath(0), exchange -> {
            try (var out = exchange.begin(200, 0)) {
                while (true) {
                    out.write(new byte[10_000]);
                }
            }
        });

        assertCorrupt("blob " + image.layers.get(0).digest() + " has more than the 100000 bytes it should have");
    }

    @Test
    void whatAnEarlierAttemptLeftIsGoneOnWith() throws Exception {
        Files.write(client.partial(image.layers.get(0)), Arrays.copyOf(image.layer(0), 60_000));

        assertPulled();

        assertThat(server.requests("GET " + image.layerPath(0)))
                .extracting(ScriptedServer.Request::range)
                .containsExactly("bytes=60000-");
    }

    @Test
    void whatAnEarlierAttemptLeftDamagedIsLoadedAnew() throws Exception {
        Files.write(client.partial(image.layers.get(0)), new byte[60_000]);

        assertPulled();

        assertThat(server.requests("GET " + image.layerPath(0)))
                .extracting(ScriptedServer.Request::range)
                .containsExactly("bytes=60000-", "");
    }

    @Test
    void whatAnEarlierAttemptLeftTooLongIsForgotten() throws Exception {
        Files.write(client.partial(image.layers.get(0)), new byte[200_000]);

        assertPulled();
    }

    @Test
    void busyRegistryIsAskedAgainWhenItWantsTo() throws Exception {
        AtomicInteger turn = new AtomicInteger();
        server.on(image.layerPath(0), exchange -> {
            switch (turn.getAndIncrement()) {
                case 0 -> exchange.header("Retry-After", "0").send(429, "");
                case 1 -> exchange.send(503, "");
                default -> exchange.send(200, image.layer(0));
            }
        });

        assertPulled();
    }

    @Test
    void blobThatIsGoneIsNamed() {
        server.on(
                image.layerPath(0),
                404,
                "{\"errors\":[{\"code\":\"BLOB_UNKNOWN\",\"message\":\"blob unknown to registry\"}]}");

        RegistryFailure failure = failure();

        assertThat(failure.kind()).isEqualTo(Kind.NOT_FOUND);
        assertThat(failure)
                .hasMessage(
                        server.name() + " has no blob " + image.layers.get(0).digest() + " of camp/fire"
                                + " (BLOB_UNKNOWN: blob unknown to registry). Check the name, the tag and the digest");
    }

    @Test
    void interruptionEndsADownload() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        server.on(image.layerPath(0), exchange -> {
            begun.countDown();
            await(end);
        });
        Thread puller = new Thread(() -> {
            assertThatThrownBy(() -> client.pull(FakeImage.at(server)))
                    .isInstanceOf(java.io.InterruptedIOException.class);
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        });
        List<Throwable> uncaught = new java.util.concurrent.CopyOnWriteArrayList<>();
        puller.setUncaughtExceptionHandler((thread, e) -> uncaught.add(e));
        puller.start();
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        puller.interrupt();
        puller.join(TimeUnit.SECONDS.toMillis(20));
        end.countDown();

        assertThat(puller.isAlive()).isFalse();
        assertThat(uncaught).isEmpty();
    }
}
