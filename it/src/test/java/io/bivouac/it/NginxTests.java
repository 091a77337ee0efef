package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Wait;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server with workers of another user, which logs through /dev/stdout and /dev/stderr. */
class NginxTests {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private static ContainerSpec nginx() {
        return ContainerSpec.of("nginx:1").withPorts(80);
    }

    private static HttpResponse<String> get(Container nginx, String path) throws IOException, InterruptedException {
        URI address = URI.create("http://" + nginx.host() + ":" + nginx.port(80) + path);
        return CLIENT.send(HttpRequest.newBuilder(address).timeout(SOON).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void servesItsPageAndLogsTheRequest() throws Exception {
        try (Container nginx = Engines.shared().start(nginx())) {
            HttpResponse<String> page = get(nginx, "/");

            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.headers().firstValue("server"))
                    .hasValueSatisfying(name -> assertThat(name).startsWith("nginx/1."));
            assertThat(page.body()).contains("<title>Welcome to nginx!</title>");
            assertThat(get(nginx, "/missing").statusCode()).isEqualTo(404);
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(nginx.logs())
                            .contains("/docker-entrypoint.sh: Configuration complete; ready for start up\n")
                            .contains("\"GET / HTTP/1.1\" 200 ")
                            .contains("\"GET /missing HTTP/1.1\" 404 ")
                            .contains("\"/usr/share/nginx/html/missing\" failed (2: No such file or directory)"));
        }
    }

    @Test
    void workersBelongToItsUser() {
        try (Container nginx = Engines.shared().start(nginx())) {
            assertThat(nginx.exec("sh", "-c", "stat -c %U /proc/[0-9]*/ | sort -u")
                            .stdout())
                    .isEqualTo("nginx\nroot\n");
        }
    }

    @Test
    void pageAndSettingsAreChangedByCopies() throws Exception {
        try (Container nginx = Engines.shared().start(nginx())) {
            nginx.copyTo("<p>Zelt</p>".getBytes(StandardCharsets.UTF_8), "/usr/share/nginx/html/index.html", 0644);
            assertThat(get(nginx, "/").body()).isEqualTo("<p>Zelt</p>");

            String server = "server { listen 80; location /hello { return 200 'hello $arg_name'; } }";
            nginx.copyTo(server.getBytes(StandardCharsets.UTF_8), "/etc/nginx/conf.d/default.conf", 0644);
            assertThat(nginx.exec("nginx", "-t").exitCode()).isZero();
            nginx.signal("HUP");

            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(get(nginx, "/hello?name=you").body()).isEqualTo("hello you"));
        }
    }

    @Test
    void templatesAndScriptsRunBeforeTheStart(@TempDir Path folder) throws Exception {
        Path templates = Files.createDirectories(folder.resolve("templates"));
        Files.writeString(
                templates.resolve("default.conf.template"),
                "server { listen 80; location / { return 200 '${GREETING} $request_uri'; } }");
        Path scripts = folder.resolve("10-greeting.envsh");
        Files.writeString(scripts, "export GREETING=\"good $TIME\"");
        ContainerSpec spec = nginx().withEnv("TIME", "morning")
                .withReadOnlyBind(templates, "/etc/nginx/templates")
                .withReadOnlyBind(scripts, "/docker-entrypoint.d/10-greeting.envsh");
        try (Container nginx = Engines.shared().start(spec)) {
            assertThat(get(nginx, "/there").body()).isEqualTo("good morning /there");
        }
    }

    @Test
    void stopLetsItEndInGoodOrder() throws Exception {
        try (Container nginx = Engines.shared().start(nginx())) {
            get(nginx, "/");

            nginx.stop();

            assertThat(nginx.waitForExit(SOON).code()).isZero();
            assertThat(nginx.waitForExit(SOON).signal()).isEmpty();
            assertThat(nginx.logs()).contains("signal 3 (SIGQUIT) received, shutting down", "gracefully shutting down");

            nginx.restart();

            assertThat(get(nginx, "/").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void wrongConfigurationEndsTheStartWithTheServersOwnWords(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("default.conf"), "serve { listen 80; }");
        ContainerSpec spec = nginx().withName("web").withReadOnlyBind(file, "/etc/nginx/conf.d/default.conf");

        assertThatThrownBy(() -> Engines.shared().start(spec))
                .hasMessageStartingWith("The container web (image nginx:1) exited before it was ready, with code 1.")
                .hasMessageContaining("unknown directive \"serve\" in /etc/nginx/conf.d/default.conf:1");
    }

    @Test
    void otherCommandsRunInstead() {
        ContainerSpec spec = ContainerSpec.of("nginx:1")
                .withCommand("cat", "/etc/nginx/conf.d/default.conf")
                .withWait(Wait.forExit(0));
        try (Container nginx = Engines.shared().start(spec)) {
            assertThat(nginx.logs()).startsWith("server {\n    listen 80;\n");
        }
    }
}
