package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.Wait;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real server and a real client. */
class PostgresTests {
    static Connection connect(Container db, String database, String user, String password) throws SQLException {
        String url = "jdbc:postgresql://" + db.host() + ":" + db.port(5432) + "/" + database;
        return DriverManager.getConnection(url, user, password);
    }

    private static String ask(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : "(nothing)";
        }
    }

    @Test
    void answersOverJdbc() throws Exception {
        try (Container db = Engines.shared().start(Engines.postgres());
                Connection connection = connect(db, "postgres", "postgres", "test")) {
            assertThat(ask(connection, "select version()")).startsWith("PostgreSQL 15");
            try (Statement statement = connection.createStatement()) {
                statement.execute("create table t as select generate_series(1, 100000) as n");
            }
            assertThat(ask(connection, "select sum(n) from t")).isEqualTo("5000050000");
        }
    }

    @Test
    void wrongPasswordIsRefused() {
        try (Container db = Engines.shared().start(Engines.postgres())) {
            assertThatThrownBy(() -> connect(db, "postgres", "postgres", "wrong"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("password authentication failed");
        }
    }

    @Test
    void entrypointHonoursVariablesScriptsAndArguments(@TempDir Path folder) throws Exception {
        Path scripts = Files.createDirectories(folder.resolve("initdb"));
        Files.writeString(scripts.resolve("1.sql"), "create table seeded as select 'from sql' as origin;");
        Files.writeString(
                scripts.resolve("2.sh"),
                "psql -U \"$POSTGRES_USER\" -d \"$POSTGRES_DB\" -c \"insert into seeded values ('from sh')\"");
        var spec = Engines.postgres()
                .withEnv("POSTGRES_USER", "owner")
                .withEnv("POSTGRES_DB", "orders")
                .withEnv("PGDATA", "/var/lib/elsewhere")
                .withReadOnlyBind(scripts, "/docker-entrypoint-initdb.d")
                .withCommand("-c", "max_connections=17");
        try (Container db = Engines.shared().start(spec);
                Connection connection = connect(db, "orders", "owner", "test")) {
            assertThat(ask(connection, "select string_agg(origin, ', ' order by origin) from seeded"))
                    .isEqualTo("from sh, from sql");
            assertThat(ask(connection, "show max_connections")).isEqualTo("17");
            assertThat(ask(connection, "show data_directory")).isEqualTo("/var/lib/elsewhere");
        }
    }

    @Test
    void missingPasswordEndsTheStartWithTheServersOwnWords() {
        var spec = ContainerSpec.of("postgres:15").withName("db").withPorts(5432);

        assertThatThrownBy(() -> Engines.shared().start(spec))
                .hasMessage("The container db (image postgres:15) exited before it was ready, with code 1. Its last log"
                        + " lines:\n  Error: the database has no superuser password. Set POSTGRES_PASSWORD, or"
                        + " POSTGRES_HOST_AUTH_METHOD=trust.");
    }

    @Test
    void dataSurvivesStopAndRestart() throws Exception {
        try (Container db = Engines.shared().start(Engines.postgres())) {
            try (Connection connection = connect(db, "postgres", "postgres", "test");
                    Statement statement = connection.createStatement()) {
                statement.execute("create table kept as select 7 as n");
            }
            db.stop();
            assertThat(db.waitForExit(Duration.ofSeconds(1)).code()).isZero();

            db.restart();

            try (Connection connection = connect(db, "postgres", "postgres", "test")) {
                assertThat(ask(connection, "select n from kept")).isEqualTo("7");
            }
        }
    }

    @Test
    void rowsOfAKilledServerAreInItsCommit() throws Exception {
        Engine engine = Engines.shared();
        try (Container db = engine.start(Engines.postgres());
                Connection connection = connect(db, "postgres", "postgres", "test");
                Statement statement = connection.createStatement()) {
            statement.execute("create table crash as select 'survived' as word");
            db.kill();
            db.commit("crash/db:1");
        }
        var again = Engines.postgres().withImage("crash/db:1").withoutWaits().withWait(Wait.forLog("ready to accept"));
        try (Container db = engine.start(again);
                Connection connection = connect(db, "postgres", "postgres", "test")) {
            assertThat(ask(connection, "select word from crash")).isEqualTo("survived");
        } finally {
            engine.images().remove("crash/db:1");
        }
    }
}
