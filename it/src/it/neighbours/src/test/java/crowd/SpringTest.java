package crowd;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.Container;
import io.bivouac.junit.Provision;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** Spring asks for the container's port while it makes its context, which is before the test instance is complete. */
@SpringBootTest
class SpringTest {
    @Provision(image = "redis:7", ports = 6379)
    static Container redis;

    @Value("${redis.host}")
    String host;

    @Value("${redis.port}")
    int port;

    @SpringBootConfiguration
    static class Application {}

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("redis.host", redis::host);
        registry.add("redis.port", () -> redis.port(6379));
    }

    @Test
    void contextKnowsTheContainer() throws Exception {
        assertThat(port).isEqualTo(redis.port(6379));
        try (Socket socket = new Socket(host, port);
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(in.readLine()).isEqualTo("+PONG");
        }
    }
}
