package io.bivouac.engine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bivouac.engine.RegistryException.Kind;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.oci.MediaTypes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Manifests and indexes as registries have them, and as hostile ones might. */
class ManifestSearchTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private final FakeImage image = new FakeImage(10);
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

    private RegistryFailure failure(String reference) {
        return catchThrowableOfType(RegistryFailure.class, () -> client.find(reference));
    }

    private String byDigest(Digest digest) {
        return server.name() + "/" + FakeImage.REPOSITORY + "@" + digest;
    }

    private void assertCorrupt(String reference, String problem) {
        RegistryFailure failure = failure(reference);
        assertThat(failure.kind()).isEqualTo(Kind.CORRUPT);
        assertThat(failure).hasMessageStartingWith(problem + ", as " + server.name() + " sent it; ");
    }

    /** Puts a document under the tag. */
    private void serve(String type, String text) {
        server.on(
                FakeImage.manifestPath("1"),
                exchange -> exchange.header("Content-Type", type).send(200, text));
    }

    private ManifestDocument serveIndex(Object name, Object... manifests) {
        byte[] content =
                Json.write(Map.of("schemaVersion", 2L, "mediaType", MediaTypes.INDEX, "manifests", List.of(manifests)));
        ManifestDocument index =
                new ManifestDocument(new Descriptor(MediaTypes.INDEX, Digest.of(content), content.length), content);
        server.on(FakeImage.manifestPath(name), exchange -> FakeImage.sendManifest(exchange, index));
        server.on(
                FakeImage.manifestPath(index.descriptor().digest()),
                exchange -> FakeImage.sendManifest(exchange, index));
        return index;
    }

    private static Map<String, Object> entry(
            ManifestDocument document, String os, String architecture, String variant) {
        return Map.of(
                "mediaType", document.descriptor().mediaType(),
                "digest", document.descriptor().digest().toString(),
                "size", document.descriptor().size(),
                "platform", Map.of("os", os, "architecture", architecture, "variant", variant));
    }

    @Test
    void bytesAreKeptAsTheyAre() throws Exception {
        String text = "{\n  \"schemaVersion\": 2, \"unknown\": {\"kept\": true},\n  \"config\": {\"mediaType\":\""
                + MediaTypes.CONFIG + "\",\"digest\":\"" + image.layers.get(0).digest()
                + "\",\"size\":1},\"layers\":[]}\n";
        serve(MediaTypes.MANIFEST, text);

        RemoteManifest found = client.find(FakeImage.at(server));

        assertThat(new String(found.document().content(), StandardCharsets.UTF_8))
                .isEqualTo(text);
        assertThat(found.document().descriptor().digest()).isEqualTo(Digest.of(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void digestIsCheckedAgainstTheRequest() {
        Digest wanted = image.digest();
        FakeImage other = new FakeImage(11);
        // It even announces what was asked for.
        server.on(
                FakeImage.manifestPath(wanted),
                exchange -> exchange.header("Content-Type", MediaTypes.MANIFEST)
                        .header("Docker-Content-Digest", wanted.toString())
                        .send(200, other.document.content()));

        assertCorrupt(
                byDigest(wanted),
                "the manifest of image camp/fire@" + wanted + " is damaged: its content has the digest "
                        + other.digest() + ", asked for was " + wanted);
    }

    @Test
    void digestOfATagIsCheckedAgainstWhatWasAnnounced() {
        FakeImage other = new FakeImage(11);
        server.on(
                FakeImage.manifestPath("1"),
                exchange -> exchange.header("Content-Type", MediaTypes.MANIFEST)
                        .header("Docker-Content-Digest", image.digest().toString())
                        .send(200, other.document.content()));

        assertCorrupt(
                FakeImage.at(server),
                "the manifest of image camp/fire:1 is damaged: its content has the digest " + other.digest()
                        + ", announced was " + image.digest());
    }

    @Test
    void platformOfThisHostIsChosen() throws Exception {
        FakeImage arm = new FakeImage(12);
        FakeImage newest = new FakeImage(13);
        serveIndex(
                "1",
                entry(arm.document, "linux", "arm64", "v8"),
                entry(arm.document, "windows", "amd64", ""),
                entry(newest.document, "linux", "amd64", "v4"),
                entry(image.document, "linux", "amd64", "v2"),
                entry(newest.document, "linux", "amd64", ""));

        RemoteManifest found = client.find(FakeImage.at(server));

        assertThat(found.document().descriptor().digest()).isEqualTo(image.digest());
        assertThat(found.indexes()).hasSize(1);
        assertThat(found.root().isIndex()).isTrue();
    }

    @Test
    void attestationsAreNoCandidates() throws Exception {
        Map<String, Object> attestation = Map.of(
                "mediaType", MediaTypes.MANIFEST,
                "digest", Digest.of(new byte[1]).toString(),
                "size", 1L,
                "annotations", Map.of("vnd.docker.reference.type", "attestation-manifest"),
                "platform", Map.of("os", "linux", "architecture", "amd64"));
        serveIndex(
                "1",
                attestation,
                entry(new FakeImage(14).document, "unknown", "unknown", ""),
                entry(image.document, "linux", "amd64", ""));

        assertThat(client.find(FakeImage.at(server)).document().descriptor().digest())
                .isEqualTo(image.digest());
    }

    @Test
    void platformsThereAreAreNamed() {
        FakeImage arm = new FakeImage(12);
        serveIndex("1", entry(arm.document, "linux", "arm64", "v8"), entry(arm.document, "windows", "amd64", ""));

        RegistryFailure failure = failure(FakeImage.at(server));

        assertThat(failure.kind()).isEqualTo(Kind.NOT_FOUND);
        assertThat(failure)
                .hasMessage(server.name()
                        + " has the image camp/fire:1 for linux/arm64/v8, windows/amd64 only, this host is"
                        + " linux/amd64/v3. Choose an image that is built for it");
    }

    @Test
    void sizeMustBeThatOfTheDescriptor() {
        Map<String, Object> lie = Map.of(
                "mediaType",
                MediaTypes.MANIFEST,
                "digest",
                image.digest().toString(),
                "size",
                image.document.descriptor().size() + 1);
        serveIndex("1", lie);

        assertCorrupt(
                FakeImage.at(server),
                "the manifest " + image.digest() + " has "
                        + image.document.descriptor().size() + " bytes, its index says "
                        + (image.document.descriptor().size() + 1));
    }

    @Test
    void indexesMayBeNestedSoDeepAndNoDeeper() throws Exception {
        ManifestDocument inner = serveIndex("x1", entry(image.document, "linux", "amd64", ""));
        for (int level = 2; level <= 4; level++) {
            inner = serveIndex("x" + level, entry(inner, "linux", "amd64", ""));
        }
        String four = server.name() + "/" + FakeImage.REPOSITORY + ":x4";
        assertThat(client.find(four).indexes()).hasSize(4);

        serveIndex("1", entry(inner, "linux", "amd64", ""));
        assertCorrupt(FakeImage.at(server), "the index of image camp/fire:1 is nested deeper than 4");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]} | it is both a manifest and an index",
                "{\"schemaVersion\":2,\"schemaVersion\":2} | not JSON: the key 'schemaVersion' occurs twice",
                "{\"manifests\":[{\"digest\":\"sha256:../../etc\",\"size\":1}]} | '../../etc' is not a SHA-256 digest",
                "{\"manifests\":[{\"digest\":\"sha256:0000000000000000000000000000000000000000000000000000000000000000\","
                        + "\"size\":-1}]} | the size of blob",
                "{\"layers\":[]} | the field 'digest' is missing",
                "[] | not a JSON object",
                "<html>login</html> | not JSON: Use JsonReader.setStrictness(Strictness.LENIENT)",
            })
    void malformedDocumentsAreRefused(String text, String problem) {
        serve("application/json", text);

        RegistryFailure failure = failure(FakeImage.at(server));

        assertThat(failure.kind()).isEqualTo(Kind.CORRUPT);
        assertThat(failure)
                .hasMessageContaining("the manifest of image camp/fire:1 is malformed: ")
                .hasMessageContaining(problem.strip());
    }

    @Test
    void documentMayNotDenyWhatItWasSentAs() {
        serve(MediaTypes.DOCKER_MANIFEST, "{\"mediaType\":\"" + MediaTypes.MANIFEST + "\"}");
        assertCorrupt(
                FakeImage.at(server),
                "the manifest of image camp/fire:1 is malformed: it says that it is " + MediaTypes.MANIFEST
                        + ", and was sent as " + MediaTypes.DOCKER_MANIFEST);

        serve("application/json", "{\"mediaType\":\"" + MediaTypes.INDEX + "\",\"config\":{},\"layers\":[]}");
        assertCorrupt(
                FakeImage.at(server),
                "the manifest of image camp/fire:1 is malformed: it says that it is " + MediaTypes.INDEX
                        + ", and is a manifest");
    }

    @Test
    void oldFormatIsNamed() {
        serve("application/vnd.docker.distribution.manifest.v1+prettyjws", "{}");

        assertCorrupt(
                FakeImage.at(server),
                "the manifest of image camp/fire:1 is malformed: it is of an old format, schema 1, that no tool writes any"
                        + " more");
    }

    @Test
    void documentWithoutAnEndIsNotReadIntoMemory() {
        server.on(FakeImage.manifestPath("1"), exchange -> {
            try (var out = exchange.begin(200, 0)) {
                while (true) {
                    out.write(new byte[100_000]);
                }
            }
        });

        assertCorrupt(FakeImage.at(server), "an answer has more than 4194304 bytes, more than any manifest");
    }

    @Test
    void unknownTagIsNamed() {
        RegistryFailure failure = failure(server.name() + "/" + FakeImage.REPOSITORY + ":2");

        assertThat(failure.kind()).isEqualTo(Kind.NOT_FOUND);
        assertThat(failure)
                .hasMessage(server.name()
                        + " has no image camp/fire:2 (UNKNOWN: no script). Check the name, the tag and the"
                        + " digest");
    }

    @Test
    void textOfTheRegistryIsNoCommandToATerminal() {
        server.on(
                FakeImage.manifestPath("2"),
                500,
                "{\"errors\":[{\"code\":\"X\",\"message\":\"\\u001b[2J\\u202e" + "y".repeat(300) + "\"}]}");

        RegistryFailure failure = failure(server.name() + "/" + FakeImage.REPOSITORY + ":2");

        assertThat(failure.kind()).isEqualTo(Kind.FAILED);
        assertThat(failure)
                .hasMessage(server.name() + " answered with status 500 (X:  [2J " + "y".repeat(195)
                        + "…) when it was asked for" + " image camp/fire:2. Try again, or ask its operator");
    }

    @Test
    void digestIsToldWithoutTheManifest() throws Exception {
        assertThat(client.client().digestOf(ImageReference.parse(FakeImage.at(server))))
                .contains(image.digest());
        assertThat(server.requests()).extracting(ScriptedServer.Request::method).containsExactly("GET", "HEAD");
    }
}
