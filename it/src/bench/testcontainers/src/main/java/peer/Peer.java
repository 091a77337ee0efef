package peer;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/** What a suite would do: prints a row's name and its nanoseconds on each line. */
public final class Peer {
    private static final int TIMES = 8;
    private static final int DATABASES = 3;

    private Peer() {}

    public static void main(String[] arguments) throws Exception {
        long begin = System.nanoTime();
        try (GenericContainer<?> first = sleeper()) {
            first.start();
            say("first container of a JVM", begin);
        }
        for (int i = 0; i < TIMES; i++) {
            GenericContainer<?> next = sleeper();
            begin = System.nanoTime();
            next.start();
            say("start", begin);
            begin = System.nanoTime();
            next.stop();
            say("stop", begin);
        }
        for (int i = 0; i < DATABASES; i++) {
            begin = System.nanoTime();
            try (PostgreSQLContainer database = new PostgreSQLContainer("postgres:15")) {
                database.start();
                query(database);
                say("PostgreSQL fresh to first query", begin);
            }
        }
    }

    private static GenericContainer<?> sleeper() {
        return new GenericContainer<>(DockerImageName.parse("probe:1"))
                .waitingFor(Wait.forLogMessage(".*sleeping.*", 1));
    }

    private static void query(PostgreSQLContainer database) throws Exception {
        try (Connection connection = DriverManager.getConnection(
                        database.getJdbcUrl(), database.getUsername(), database.getPassword());
                Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery("select 1")) {
            answer.next();
        }
    }

    private static void say(String name, long begin) {
        System.out.println(name + "\t" + (System.nanoTime() - begin));
    }
}
