package io.bivouac.engine.warden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
        CompletableFuture<Process> spawned = new CompletableFuture<>();
        Thread spawner = new Thread(() -> spawned.complete(WardenProcess.spawn(program, "guardian")), "spawner");
        try (FileChannel writer = FileChannel.open(program, StandardOpenOption.WRITE)) {
            spawner.start();
            // It was refused and pauses; had it given up, it would have ended.
            await().until(() -> spawner.getState() == Thread.State.TIMED_WAITING);
            assertThat(writer.isOpen()).isTrue();
        }
        assertThat(spawned.get(10, TimeUnit.SECONDS).waitFor()).isZero();
    }
}
