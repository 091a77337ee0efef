package io.bivouac.engine.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A server on 127.0.0.1 that does what a test tells it to, and remembers what it was asked. */
final class ScriptedServer implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Script> scripts = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final boolean secure;

    /** Answers a request. */
    @FunctionalInterface
    interface Script {
        void answer(Exchange exchange) throws IOException;
    }

    /**
     * What was asked.
     *
     * @param target path and query
     * @param authorization empty when there was none
     */
    record Request(String method, String target, String authorization, String range, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            return method + " " + target;
        }
    }

    /** One request being answered. */
    static final class Exchange {
        private final HttpExchange exchange;
        private final Request request;

        private Exchange(HttpExchange exchange, Request request) {
            this.exchange = exchange;
            this.request = request;
        }

        Request request() {
            return request;
        }

        Exchange header(String name, String value) {
            exchange.getResponseHeaders().add(name, value);
            return this;
        }

        void send(int status, String text) throws IOException {
            send(status, text.getBytes(StandardCharsets.UTF_8));
        }

        void send(int status, byte[] content) throws IOException {
            boolean bare = request.method().equals("HEAD") || content.length == 0;
            if (request.method().equals("HEAD")) {
                header("Content-Length", Integer.toString(content.length));
            }
            exchange.sendResponseHeaders(status, bare ? -1 : content.length);
            if (!bare) {
                exchange.getResponseBody().write(content);
            }
            exchange.close();
        }

        /** Promises more than it sends: the connection ends in the midst of the body. */
        void cut(int status, long promised, byte[] sent) throws IOException {
            OutputStream out = begin(status, promised);
            out.write(sent);
            out.flush();
            exchange.close();
        }

        /** The body, to be written as the test likes. */
        OutputStream begin(int status, long promised) throws IOException {
            exchange.sendResponseHeaders(status, promised);
            return exchange.getResponseBody();
        }
    }

    private ScriptedServer(HttpServer server, boolean secure) {
        this.server = server;
        this.secure = secure;
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    static ScriptedServer start() throws IOException {
        return new ScriptedServer(HttpServer.create(address(), 0), false);
    }

    static ScriptedServer startSecure(SSLContext context) throws IOException {
        return startSecure(context, () -> {});
    }

    /**
     * Starts one that speaks https.
     *
     * @param atHandshake run when somebody has connected, before the server says anything
     */
    static ScriptedServer startSecure(SSLContext context, Runnable atHandshake) throws IOException {
        HttpsServer server = HttpsServer.create(address(), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                atHandshake.run();
                super.configure(parameters);
            }
        });
        return new ScriptedServer(server, true);
    }

    private static InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Request request = read(exchange);
            requests.add(request);
            String path = exchange.getRequestURI().getPath();
            Script script =
                    find(request.method() + " " + path).or(() -> find(path)).orElse(null);
            if (script == null) {
                new Exchange(exchange, request)
                        .send(404, "{\"errors\":[{\"code\":\"UNKNOWN\",\"message\":\"no script\"}]}");
            } else {
                script.answer(new Exchange(exchange, request));
            }
        }
    }

    private Optional<Script> find(String key) {
        return Optional.ofNullable(scripts.get(key));
    }

    private static Request read(HttpExchange exchange) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try (InputStream in = exchange.getRequestBody()) {
            in.transferTo(body);
        } catch (IOException e) {
            // It was cut off: what came is remembered.
        }
        return new Request(
                exchange.getRequestMethod(),
                exchange.getRequestURI().toString(),
                first(exchange, "Authorization"),
                first(exchange, "Range"),
                body.toByteArray());
    }

    private static String first(HttpExchange exchange, String name) {
        @Nullable String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    /**
     * Answers requests from now on.
     *
     * @param key a path, or a method and a path
     */
    ScriptedServer on(String key, Script script) {
        scripts.put(key, script);
        return this;
    }

    ScriptedServer on(String key, int status, String text) {
        return on(key, exchange -> exchange.send(status, text));
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Host and port, as references begin. */
    String name() {
        return "127.0.0.1:" + port();
    }

    String url() {
        return (secure ? "https" : "http") + "://" + name();
    }

    List<Request> requests() {
        return List.copyOf(requests);
    }

    /** Those of one kind, by the beginning of method and target. */
    List<Request> requests(String prefix) {
        return requests.stream()
                .filter(request -> request.toString().startsWith(prefix))
                .toList();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
