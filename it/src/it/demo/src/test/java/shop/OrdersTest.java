package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.bivouac.engine.Container;
import io.bivouac.junit.Provision;
import io.bivouac.junit.WaitFor;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OrdersTest {
    @Provision(
            image = "postgres:15",
            env = "POSTGRES_PASSWORD=test",
            ports = 5432,
            waitFor = @WaitFor(log = "ready to accept connections", times = 2))
    static Container db;

    private Connection connection;

    @BeforeEach
    void connect() throws SQLException {
        String url = "jdbc:postgresql://" + db.host() + ":" + db.port(5432) + "/postgres";
        connection = DriverManager.getConnection(url, "postgres", "test");
        execute("create table orders (id int primary key, what text not null, parcels int not null)");
    }

    @AfterEach
    void cleanUp() throws SQLException {
        execute("drop table orders");
        connection.close();
    }

    @Test
    void storesAnOrder() throws SQLException {
        execute("insert into orders values (1, 'tent', 1)");

        assertEquals(1, parcels());
    }

    @Test
    void countsParcels() throws SQLException {
        execute("insert into orders values (1, 'tent', 1), (2, 'lantern', 1), (3, 'sleeping bag', 2)");

        assertEquals(3, parcels(), "parcels");
    }

    private int parcels() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select sum(parcels) from orders")) {
            rows.next();
            return rows.getInt(1);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
