package io.bivouac.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.MediaTypes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is on its way into a store, beside those who tidy it up. */
class DownloadTests {
    private final byte[] content = "some content".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    private final Descriptor blob = new Descriptor(MediaTypes.LAYER_TAR, Digest.of(content), content.length);

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(folder.resolve("store"), 0);
    }

    private void receive() throws IOException {
        store.downloads().receive(blob, file -> file.write(ByteBuffer.wrap(content)));
    }

    @Test
    void blobUnderLeaseIsNotCollected() throws Exception {
        store.bringInSlowly(List.of(blob.digest()), () -> {
            receive();
            // By an engine that knows nothing of it.
            Store.open(folder.resolve("store"), 0).collect();
            assertThat(store.blobs().has(blob.digest())).isTrue();
            return blob;
        });

        store.collect();
        assertThat(store.blobs().has(blob.digest())).isFalse();
        assertThat(Store.list(store.layout().leases())).isEmpty();
        assertThat(Store.list(store.layout().partials())).isEmpty();
    }

    @Test
    void leaseOfTheDeadIsNone() throws Exception {
        Files.createDirectories(store.layout().leases());
        Path lease = store.layout().leases().resolve("0123456789abcdef");
        Files.writeString(lease, blob.digest().hex());
        store.blobs().add(MediaTypes.LAYER_TAR, content);

        store.collect();

        assertThat(lease).doesNotExist();
        assertThat(store.blobs().has(blob.digest())).isFalse();
    }

    @Test
    void leaseOfAnotherProcessIsKept() throws Exception {
        Files.createDirectories(store.layout().leases());
        Path lease = store.layout().leases().resolve("0123456789abcdef");
        Files.writeString(lease, blob.digest().hex());
        store.blobs().add(MediaTypes.LAYER_TAR, content);
        // flock(1) would take another kind of lock: the JDK's is one of fcntl(2).
        Process holder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        LockingProcess.class.getName(),
                        lease.toString())
                .start();
        try {
            assertThat(holder.getInputStream().read()).isEqualTo('!');

            store.collect();

            assertThat(lease).exists();
            assertThat(store.blobs().has(blob.digest())).isTrue();
        } finally {
            holder.destroyForcibly().waitFor();
        }
        store.collect();
        assertThat(store.blobs().has(blob.digest())).isFalse();
    }

    /** Holds a lock until it is killed. */
    static final class LockingProcess {
        private LockingProcess() {}

        /**
         * Says so.
         *
         * @param arguments the file
         */
        public static void main(String[] arguments) throws Exception {
            try (FileChannel channel = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE)) {
                if (channel.tryLock() != null) {
                    System.out.print('!');
                    System.out.flush();
                }
                Thread.sleep(Long.MAX_VALUE);
            }
        }
    }

    @Test
    void ofSeveralWhoWantABlobOneBringsIt() throws Exception {
        AtomicInteger filled = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(8);
        for (int i = 0; i < 8; i++) {
            Thread thread = new Thread(() -> {
                try {
                    store.downloads().receive(blob, file -> {
                        filled.incrementAndGet();
                        file.write(ByteBuffer.wrap(content));
                    });
                    done.countDown();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            thread.start();
        }
        assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();

        assertThat(filled).hasValue(1);
    }

    @Test
    void whatIsCutOffIsGoneOnWith() throws Exception {
        assertThatThrownBy(() -> store.downloads().receive(blob, file -> {
                    file.write(ByteBuffer.wrap(content, 0, 5));
                    throw new IOException("cut off");
                }))
                .hasMessage("cut off");
        store.collect();
        store.sweepAside();

        store.downloads().receive(blob, file -> {
            assertThat(file.length()).isEqualTo(5);
            file.write(ByteBuffer.wrap(content, 5, content.length - 5));
            assertThat(file.digest()).isEqualTo(blob.digest());
        });

        assertThat(store.blobs().read(blob.digest(), 100)).isEqualTo(content);
    }

    @Test
    void whatNobodyHasGoneOnWithForADayIsRemoved() throws Exception {
        Path partial = store.layout().partial(blob.digest());
        Files.createDirectories(partial.getParent());
        Files.write(partial, content);

        store.sweepAside();
        assertThat(partial).exists();

        Files.setLastModifiedTime(partial, FileTime.from(Instant.now().minus(Duration.ofHours(25))));
        store.sweepAside();
        assertThat(partial).doesNotExist();
    }

    @Test
    void emptyRestIsNone() {
        assertThatThrownBy(() -> store.downloads().receive(blob, file -> {
                    throw new IOException("refused");
                }))
                .hasMessage("refused");

        assertThat(store.layout().partial(blob.digest())).doesNotExist();
    }

    @Test
    void reserveIsKept() {
        long free = folder.toFile().getUsableSpace();
        Store careful = Store.open(folder.resolve("store"), free / 2);

        assertThatThrownBy(() -> careful.requireSpace(free))
                .isInstanceOf(SpaceException.class)
                .hasMessageMatching("the file system of the store " + folder
                        + "/store has [0-9.]+ MB free; [0-9.]+ MB are needed, and"
                        + " [0-9.]+ MB are kept in reserve\\. Free space with mvn bivouac:prune, move the store with"
                        + " -Dbivouac\\.store=FOLDER, or keep less with -Dbivouac\\.store\\.reserve=SIZE");
        assertThatThrownBy(() ->
                        Store.open(folder.resolve("store"), Long.MAX_VALUE).requireSpace(0))
                .hasMessageContaining(" MB free; 9223372036854.8 MB are kept in reserve");
    }
}
