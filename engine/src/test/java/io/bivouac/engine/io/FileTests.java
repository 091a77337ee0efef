package io.bivouac.engine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private long filesIn() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        }
    }

    @Test
    void fileAppearsWholeOrNotAtAll() throws Exception {
        Path target = folder.resolve("file");
        AtomicFiles.write(target, "old".getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(() -> AtomicFiles.write(target, out -> {
                    out.write('n');
                    throw new IOException("half way");
                }))
                .hasMessage("half way");

        assertThat(target).hasContent("old");
        assertThat(filesIn()).isEqualTo(1);
    }

    @Test
    void folderWhoseNameIsTakenIsTheLosersLoss() throws Exception {
        Path target = folder.resolve("target");
        Path first = Files.createDirectory(folder.resolve("first"));
        Path second = Files.createDirectory(folder.resolve("second"));
        Files.writeString(first.resolve("x"), "first");
        Files.writeString(second.resolve("x"), "second");

        assertThat(AtomicFiles.commitFolder(first, target)).isTrue();
        assertThat(AtomicFiles.commitFolder(second, target)).isFalse();

        assertThat(target.resolve("x")).hasContent("first");
    }

    @Test
    void readersShareAndWritersExclude() throws Exception {
        Path lock = folder.resolve("lock");
        CountDownLatch bothRead = new CountDownLatch(2);
        AtomicInteger writing = new AtomicInteger();
        Thread reader = new Thread(() -> read(lock, bothRead));
        reader.start();
        read(lock, bothRead);
        reader.join();

        Thread[] writers = new Thread[4];
        for (int i = 0; i < writers.length; i++) {
            writers[i] = new Thread(() -> write(lock, writing));
            writers[i].start();
        }
        for (Thread writer : writers) {
            writer.join();
        }
        assertThat(writing).hasValue(0);
    }

    private static void read(Path lock, CountDownLatch bothRead) {
        try {
            FileLocks.shared(lock, () -> {
                bothRead.countDown();
                assertThat(bothRead.await(20, TimeUnit.SECONDS)).isTrue();
                assertThat(FileLocks.ifFree(lock, () -> 1)).isFalse();
                return 1;
            });
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void write(Path lock, AtomicInteger writing) {
        try {
            for (int i = 0; i < 50; i++) {
                FileLocks.exclusive(lock, () -> {
                    assertThat(writing.incrementAndGet()).isEqualTo(1);
                    return writing.decrementAndGet();
                });
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void freeLockIsTakenOnce() throws Exception {
        Path lock = folder.resolve("lock");
        AtomicInteger runs = new AtomicInteger();

        assertThat(FileLocks.ifFree(lock, runs::incrementAndGet)).isTrue();
        assertThat(FileLocks.ifFree(lock, runs::incrementAndGet)).isTrue();
        assertThat(runs).hasValue(2);
    }

    @Test
    void digestIsThatOfEverythingRead() throws Exception {
        byte[] content = "some content".getBytes(StandardCharsets.UTF_8);
        try (DigestingInputStream in = new DigestingInputStream(new ByteArrayInputStream(content))) {
            assertThat(in.read()).isEqualTo('s');
            assertThat(in.skip(3)).isEqualTo(3);
            in.drain();

            assertThat(in.count()).isEqualTo(content.length);
            assertThat(in.digest()).isEqualTo(Digest.of(content));
        }
    }

    @Test
    void boundIsKept() {
        BoundedInputStream in = new BoundedInputStream(new ByteArrayInputStream(new byte[11]), "the layer", 10);

        assertThatThrownBy(in::readAllBytes).hasMessage("the layer is larger than the limit of 10 bytes");
    }
}
