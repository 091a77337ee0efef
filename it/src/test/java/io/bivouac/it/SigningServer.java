package io.bivouac.it;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.bivouac.engine.json.Json;
import io.bivouac.fixtures.LocalRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * A token server as registries have one beside them: everybody may pull, who knows the password may push.
 *
 * @see <a href="https://distribution.github.io/distribution/spec/auth/jwt/">distribution, token authentication</a>
 */
final class SigningServer implements AutoCloseable {
    private static final long LIFETIME_SECONDS = 300;

    private final HttpServer server;
    private final PrivateKey key;
    private final String certificate;

    /**
     * @param certificate that the registry trusts, PEM
     * @param key of it, PKCS #8 in PEM
     */
    SigningServer(Path certificate, Path key) throws IOException, GeneralSecurityException {
        this.certificate = body(certificate);
        this.key = KeyFactory.getInstance("RSA")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(body(key))));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/token", this::answer);
        server.start();
    }

    private static String body(Path pem) throws IOException {
        return String.join(
                "",
                Files.readAllLines(pem).stream()
                        .filter(line -> !line.startsWith("-----"))
                        .toList());
    }

    String realm() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/token";
    }

    private void answer(HttpExchange exchange) throws IOException {
        String wanted = "Basic "
                + Base64.getEncoder()
                        .encodeToString(
                                (LocalRegistry.USER + ":" + LocalRegistry.PASSWORD).getBytes(StandardCharsets.UTF_8));
        boolean known = wanted.equals(exchange.getRequestHeaders().getFirst("Authorization"));
        List<Map<String, Object>> access = new ArrayList<>();
        for (String parameter : exchange.getRequestURI().getRawQuery().split("&", -1)) {
            if (parameter.startsWith("scope=")) {
                String[] scope = URLDecoder.decode(parameter.substring(6), StandardCharsets.UTF_8)
                        .split(":", -1);
                List<String> actions = Arrays.stream(scope[2].split(",", -1))
                        .filter(action -> known || action.equals("pull"))
                        .toList();
                access.add(Map.of("type", scope[0], "name", scope[1], "actions", actions));
            }
        }
        byte[] answer = Json.write(Map.of("token", token(access), "expires_in", LIFETIME_SECONDS));
        exchange.sendResponseHeaders(200, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    private String token(List<Map<String, Object>> access) throws IOException {
        long now = Instant.now().getEpochSecond();
        String text = part(Map.of("typ", "JWT", "alg", "RS256", "x5c", List.of(certificate)))
                + "."
                + part(Map.of(
                        "iss",
                        "signer",
                        "sub",
                        "somebody",
                        "aud",
                        "registry",
                        "exp",
                        now + LIFETIME_SECONDS,
                        "nbf",
                        now - 10,
                        "iat",
                        now,
                        "jti",
                        Long.toString(System.nanoTime()),
                        "access",
                        access));
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(key);
            signature.update(text.getBytes(StandardCharsets.US_ASCII));
            return text + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private static String part(Map<String, Object> json) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.write(json));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
