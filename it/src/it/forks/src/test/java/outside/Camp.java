package outside;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.bivouac.engine.Container;
import io.bivouac.junit.Provision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Uses a container, and ends as the property {@code end} says. */
abstract class Camp {
    @Provision(image = "busybox:1", command = {"sleep", "1000"})
    Container tent;

    @Test
    void works() throws Exception {
        assertEquals("here\n", tent.exec("echo", "here").stdout());
        Path forks = Files.createDirectories(Path.of("target", "forks"));
        Files.writeString(forks.resolve(Long.toString(ProcessHandle.current().pid())), getClass().getSimpleName());
        if (System.getProperty("end", "well").equals("memory")) {
            fill(new ArrayList<>());
        }
    }

    private static void fill(List<byte[]> all) {
        while (!all.contains(new byte[0])) {
            all.add(new byte[1 << 20]);
        }
    }
}
