package io.bivouac.engine.warden;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WardenProcessTests {
    /** Whatever the JDK calls it: executed while a file is open for writing, execve(2) fails with ETXTBSY. */
    @Test
    void programThatIsStillBeingWrittenIsExecutedAfterwards(@TempDir Path folder) throws Exception {
        Path program = folder.resolve("program");
        Files.copy(Path.of("/bin/true"), program, StandardCopyOption.COPY_ATTRIBUTES);
        CompletableFuture<Process> spawned;
        try (FileChannel writer = FileChannel.open(program, StandardOpenOption.WRITE)) {
            spawned = CompletableFuture.supplyAsync(() -> WardenProcess.spawn(program, "guardian"));
            // Long enough to be refused, which is not the end of it.
            TimeUnit.MILLISECONDS.sleep(200);
            assertThat(writer.isOpen()).isTrue();
            assertThat(spawned).isNotDone();
        }
        assertThat(spawned.get(10, TimeUnit.SECONDS).waitFor()).isZero();
    }
}
