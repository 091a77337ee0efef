package io.bivouac.it.bench;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Wait;
import io.bivouac.fixtures.FixtureImages;
import io.bivouac.it.Commands;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/** A fresh PostgreSQL until its first answer, beside the same programs run by the host itself. */
final class PostgresBenchmark implements Benchmark {
    static final String OURS = "PostgreSQL fresh to first query";
    static final String HOST = "floor: the host's own initdb + start + query";

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration INTERVAL = Duration.ofMillis(2);

    private final Path folder;
    private final Engine engine;
    private boolean warm;

    PostgresBenchmark(Path folder) {
        this.folder = folder.resolve("postgres");
        engine = Engine.open(EngineOptions.defaults()
                .withStore(folder.resolve("store"))
                .withImages(List.of(FixtureImages.postgres())));
    }

    @Override
    public String name() {
        return "postgres";
    }

    @Override
    public void measure(Report report) throws Exception {
        if (!warm) {
            prepareHost();
            fresh();
            host();
            warm = true;
        }
        report.addNanos(OURS, fresh());
        report.addNanos(HOST, host());
    }

    private long fresh() throws SQLException {
        long begin = System.nanoTime();
        ContainerSpec spec = ContainerSpec.of("postgres:15")
                .withEnv("POSTGRES_PASSWORD", "test")
                .withPorts(5432)
                .withWait(Wait.forLog("ready to accept connections").times(2));
        try (Container db = engine.start(spec)) {
            query(db.port(5432));
            return System.nanoTime() - begin;
        }
    }

    private static void query(int port) throws SQLException {
        String url = "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
        try (Connection connection = DriverManager.getConnection(url, "postgres", "test");
                Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery("select 1")) {
            answer.next();
        }
    }

    /** The image's files as plain ones, for the host to run. */
    private void prepareHost() throws IOException, InterruptedException {
        Path root = folder.resolve("root");
        if (Files.isDirectory(root.resolve("usr"))) {
            return;
        }
        Files.createDirectories(root);
        String script = "set -e; skopeo copy --quiet oci:" + FixtureImages.postgres()
                + ":postgres:15 docker-archive:image.tar; tar xf image.tar;"
                + " for layer in $(grep -o '[0-9a-f]*[.]tar' manifest.json); do tar xf $layer -C root; done; rm *.tar";
        Commands.Result unpacked = Commands.finish(new ProcessBuilder("sh", "-c", script)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start());
        if (unpacked.code() != 0) {
            throw new IOException("unpacking PostgreSQL for the host failed: " + unpacked.output());
        }
    }

    /** What the image's entrypoint does on its first start, without a container. */
    private long host() throws Exception {
        int port = freePort();
        String script = "set -e; mount --bind /dev root/dev; mount -t proc proc root/proc; rm -rf root/data;"
                + " mkdir root/data; chown --reference=root/var/lib/postgresql root/data; echo test >root/secret;"
                + " exec chroot --userspec=postgres:postgres root sh -c 'bin=/usr/lib/postgresql/15/bin;"
                + " $bin/initdb --pgdata=/data --username=postgres --auth-local=trust --auth-host=scram-sha-256"
                + " --pwfile=/secret >/dev/null && exec $bin/postgres -D /data -p " + port
                + " -c unix_socket_directories=/tmp'";
        long begin = System.nanoTime();
        Process server = new ProcessBuilder("unshare", "--mount", "sh", "-c", script)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("host.log").toFile())
                .start();
        try {
            Awaitility.await()
                    .atMost(LIMIT)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(INTERVAL)
                    .ignoreExceptionsInstanceOf(SQLException.class)
                    .until(() -> {
                        query(port);
                        return true;
                    });
            return System.nanoTime() - begin;
        } finally {
            server.destroy();
            server.waitFor();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        engine.close();
    }
}
