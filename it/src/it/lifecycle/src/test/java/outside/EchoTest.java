package outside;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EchoTest {
    @Test
    void echoes() throws Exception {
        byte[] sent = System.getProperty("said", "hello").getBytes(StandardCharsets.UTF_8);
        try (Socket socket = new Socket(System.getProperty("echo.host"), Integer.getInteger("echo.port"))) {
            socket.getOutputStream().write(sent);
            InputStream in = socket.getInputStream();
            assertEquals("hello", new String(in.readNBytes(sent.length), StandardCharsets.UTF_8));
        }
    }
}
