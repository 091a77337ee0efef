package io.bivouac.engine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bivouac.engine.RegistryException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Challenges, credentials and tokens. */
class AuthenticationTests {
    private static final String BASIC = "Basic Y2FtcGVyOnMzY3JldA==";
    private static final String LOGIN = "{\"auths\":{\"%s\":{\"auth\":\"Y2FtcGVyOnMzY3JldA==\"}}}";

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private final FakeImage image = new FakeImage(1000, 2000, 3000);
    private final AtomicInteger tokens = new AtomicInteger();
    private ScriptedServer server;
    private ScriptedServer signer;
    private TestClient client;

    @BeforeEach
    void start() throws IOException {
        server = ScriptedServer.start();
        signer = ScriptedServer.start();
        client = new TestClient(folder);
        image.serve(server);
        signer.on("/token", exchange -> exchange.send(200, "{\"token\":\"t" + tokens.incrementAndGet() + "\"}"));
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
        signer.close();
    }

    /** Lets the server in whoever shows this, and asks others for a token. */
    private void guard(String path, String wanted) {
        ScriptedServer.Script script = scriptOf(path);
        server.on(path, exchange -> {
            if (exchange.request().authorization().matches(wanted)) {
                script.answer(exchange);
            } else {
                exchange.header(
                                "WWW-Authenticate",
                                "Bearer realm=\"" + signer.url() + "/token\",service=\"camp\","
                                        + "scope=\"repository:camp/fire:pull\"")
                        .send(
                                401,
                                "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"authentication required\"}]}");
            }
        });
    }

    private ScriptedServer.Script scriptOf(String path) {
        return path.equals("/v2/")
                ? exchange -> exchange.send(200, "{}")
                : path.contains("manifests")
                        ? exchange -> FakeImage.sendManifest(exchange, image.document)
                        : exchange -> FakeImage.sendBlob(exchange, image.layer(0));
    }

    private void guardAll(String wanted) {
        guard("/v2/", wanted);
        guard(FakeImage.manifestPath("1"), wanted);
        guard(image.layerPath(0), wanted);
    }

    private RegistryFailure failure() {
        return catchThrowableOfType(RegistryFailure.class, () -> client.pull(FakeImage.at(server)));
    }

    @Test
    void anonymousTokenIsFetchedOnceForAllThatIsPulled() throws Exception {
        guardAll("Bearer t1");

        client.pull(FakeImage.at(server));
        client.find(FakeImage.at(server));

        assertThat(signer.requests())
                .extracting(ScriptedServer.Request::toString)
                .containsExactly("GET /token?service=camp&scope=repository%3Acamp%2Ffire%3Apull");
        assertThat(server.requests("GET " + FakeImage.manifestPath("1")))
                .extracting(ScriptedServer.Request::authorization)
                .containsOnly("Bearer t1");
    }

    @Test
    void tokenIsFetchedWithThePassword() throws Exception {
        client.dockerConfig(String.format(LOGIN, server.name()));
        guardAll("Bearer t1");

        client.pull(FakeImage.at(server));

        assertThat(signer.requests()).hasSize(1);
        assertThat(signer.requests().get(0).authorization()).isEqualTo(BASIC);
        assertThat(signer.requests().get(0).target()).contains("account=camper");
    }

    @Test
    void identityTokenIsExchangedByPost() throws Exception {
        client.dockerConfig("{\"auths\":{\"" + server.name() + "\":{\"auth\":\"Og==\",\"identitytoken\":\"id&en\"}}}");
        signer.on("POST /token", exchange -> exchange.send(200, "{\"access_token\":\"t1\",\"expires_in\":300}"));
        guardAll("Bearer t1");

        client.pull(FakeImage.at(server));

        assertThat(signer.requests()).hasSize(1);
        assertThat(signer.requests().get(0).text())
                .contains("grant_type=refresh_token")
                .contains("refresh_token=id%26en")
                .contains("service=camp")
                .contains("client_id=bivouac")
                .contains("scope=repository%3Acamp%2Ffire%3Apull");
    }

    @Test
    void passwordIsPostedWhereGetIsNotTaken() throws Exception {
        client.dockerConfig(String.format(LOGIN, server.name()));
        signer.on("GET /token", 405, "");
        signer.on("POST /token", exchange -> exchange.send(200, "{\"access_token\":\"t1\"}"));
        guardAll("Bearer t1");

        client.pull(FakeImage.at(server));

        assertThat(signer.requests("POST").get(0).text())
                .contains("grant_type=password")
                .contains("username=camper")
                .contains("password=s3cret");
    }

    @Test
    void tokenThatHasEndedIsFetchedAnew() throws Exception {
        guardAll("Bearer t[12]");
        client.find(FakeImage.at(server));
        guardAll("Bearer t2");

        client.find(FakeImage.at(server));

        assertThat(tokens).hasValue(2);
    }

    @Test
    void scopesOfSeveralChallengesAreMerged() throws Exception {
        guard("/v2/", "Bearer t.");
        server.on(FakeImage.manifestPath("1"), exchange -> {
            if (exchange.request().authorization().equals("Bearer t2")) {
                FakeImage.sendManifest(exchange, image.document);
            } else {
                exchange.header(
                                "WWW-Authenticate",
                                "Bearer realm=\"" + signer.url() + "/token\",service=\"camp\","
                                        + "scope=\"repository:other:pull registry:catalog:*\",error=\"insufficient_scope\"")
                        .send(401, "");
            }
        });

        client.find(FakeImage.at(server));

        assertThat(signer.requests().get(1).target())
                .contains(
                        "scope=repository%3Acamp%2Ffire%3Apull&scope=repository%3Aother%3Apull&scope=registry%3Acatalog%3A*");
    }

    @Test
    void ofSeveralChallengesOneThatIsKnownIsAnswered() throws Exception {
        client.dockerConfig(String.format(LOGIN, server.name()));
        server.on(
                "/v2/",
                exchange -> exchange.header("WWW-Authenticate", "Negotiate, Basic realm=\"a, b\"")
                        .header("WWW-Authenticate", "Bearer realm=\"" + signer.url() + "/token\",service=\"camp\"")
                        .send(401, ""));
        guard(FakeImage.manifestPath("1"), "Bearer t1");

        client.find(FakeImage.at(server));

        assertThat(signer.requests()).hasSize(1);
    }

    @Test
    void basicChallengeIsAnsweredByThePassword() throws Exception {
        client.dockerConfig(String.format(LOGIN, server.name()));
        server.on(
                "/v2/",
                exchange ->
                        exchange.header("WWW-Authenticate", "basic realm=\"x\"").send(401, ""));

        client.find(FakeImage.at(server));

        assertThat(server.requests("GET /v2/camp"))
                .extracting(ScriptedServer.Request::authorization)
                .containsOnly(BASIC);
        // The first contact shows nobody's password to whoever it is.
        assertThat(server.requests().get(0).authorization()).isEmpty();
    }

    @Test
    void registryTokenIsShownAsItIs() throws Exception {
        client.dockerConfig("{\"auths\":{\"" + server.name() + "\":{\"registrytoken\":\"ready\"}}}");
        guardAll("Bearer ready");

        client.pull(FakeImage.at(server));

        assertThat(signer.requests()).isEmpty();
    }

    @Test
    void nobodyIsToldHowToLogIn() {
        guardAll("Bearer never");

        RegistryFailure failure = failure();

        assertThat(failure.kind()).isEqualTo(Kind.NOT_ALLOWED);
        assertThat(failure)
                .hasMessage(server.name() + " shows nobody who is not logged in the image camp/fire:1, if it has it"
                        + " (UNAUTHORIZED: authentication required). Check the name, or log in with docker login or podman login:"
                        + " there are no credentials for it in " + folder + "/home/.docker/config.json, " + folder
                        + "/system/run/containers/" + uid() + "/auth.json, " + folder
                        + "/home/.config/containers/auth.json");
    }

    private static Object uid() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void refusedPasswordIsNamedWithItsFileAndNotShown() throws Exception {
        client.dockerConfig(String.format(LOGIN, server.name()));
        guardAll("Bearer never");
        signer.on(
                "/token",
                401,
                "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"incorrect username or password\"}]}");

        RegistryFailure failure = failure();

        assertThat(failure.kind()).isEqualTo(Kind.NOT_ALLOWED);
        assertThat(failure)
                .hasMessage(server.name() + " does not take the credentials of camper (" + folder
                        + "/home/.docker/config.json) (UNAUTHORIZED: incorrect username or password). Log in anew with docker"
                        + " login or podman login");
    }

    @Test
    void forbiddenRepositoryIsNamed() throws Exception {
        client.dockerConfig(String.format(LOGIN, server.name()));
        guardAll("Bearer t.");
        server.on(FakeImage.manifestPath("1"), 403, "{\"errors\":[{\"code\":\"DENIED\"}]}");

        assertThat(failure())
                .hasMessage(server.name() + " denies the image camp/fire:1 to camper (" + folder
                        + "/home/.docker/config.json) (DENIED). Log in anew, or as somebody who may");
    }

    @Test
    void passwordIsNotShownToATokenServerOfAnotherSite() throws Exception {
        client.dockerConfig(String.format(LOGIN, server.name()));
        // Both are at other places of the Internet than they say.
        client.lookup(host -> InetAddress.getAllByName("93.184.216.34"));
        server.on(
                "/v2/",
                exchange -> exchange.header(
                                "WWW-Authenticate", "Bearer realm=\"https://harvest.example/token\",service=\"camp\"")
                        .send(401, ""));

        RegistryFailure failure = failure();

        assertThat(failure.kind()).isEqualTo(Kind.UNSAFE);
        assertThat(failure)
                .hasMessage(server.name()
                        + " sends to the token server https://harvest.example, which is of another site: the"
                        + " credentials of camper (" + folder
                        + "/home/.docker/config.json) are not shown there. If that is"
                        + " right, allow it with -Dbivouac.registry.realms=harvest.example");
    }

    @Test
    void realmThatIsNoAddressIsRefused() {
        for (String realm : new String[] {"file:///etc/passwd", "http://169.254.169.254/x"}) {
            client.client();
            server.on(
                    "/v2/",
                    exchange -> exchange.header("WWW-Authenticate", "Bearer realm=\"" + realm + "\"")
                            .send(401, ""));
            assertThat(failure().kind()).isEqualTo(Kind.UNSAFE);
        }
    }

    @Test
    void tokenServerThatAnswersNonsenseIsNamed() {
        guardAll("Bearer never");
        for (String answer : new String[] {"", "{}", "[]", "{\"token\":\"a\\r\\nX-Injected: b\"}", "{\"token\":7}"}) {
            signer.on("/token", 200, answer);
            assertThat(failure())
                    .hasMessage(server.name()
                            + " has a token server that answered without a token. Try again, or ask its operator");
        }
    }

    @Test
    void limitIsToldWithWhatToDo() {
        server.on(
                FakeImage.manifestPath("1"),
                exchange -> exchange.header("Retry-After", "3600")
                        .send(429, "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"pull rate limit\"}]}"));

        RegistryFailure failure = failure();

        assertThat(failure.kind()).isEqualTo(Kind.RATE_LIMITED);
        assertThat(failure)
                .hasMessage(server.name()
                        + " limits how often it may be asked (TOOMANYREQUESTS: pull rate limit); it asks to"
                        + " wait 3600 s. Wait, log in with docker login or podman login for a higher limit, or name a mirror with"
                        + " -Dbivouac.registry.mirrors");
        assertThat(server.requests("GET " + FakeImage.manifestPath("1"))).hasSize(1);
    }
}
