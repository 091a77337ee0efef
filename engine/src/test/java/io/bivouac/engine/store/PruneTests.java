package io.bivouac.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.oci.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PruneTests {
    private static final Prune.Rule NAMELESS = new Prune.Rule(Optional.empty(), OptionalLong.empty(), false, false);

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(folder.resolve("store"), 0);
    }

    private List<String> names() throws IOException {
        return store.index().names().keySet().stream()
                .map(name -> ImageReference.parse(name).familiar())
                .toList();
    }

    private static Prune.Rule unusedFor(Duration age) {
        return new Prune.Rule(Optional.of(age), OptionalLong.empty(), false, false);
    }

    @Test
    void imageWithoutANameGoesAfterAWhile() throws Exception {
        StoredImage old = TestImages.add(store, "", "old");
        StoredImage young = TestImages.add(store, "", "young");
        StoredImage named = TestImages.add(store, "named:1", "named");
        TestImages.age(store, old, Duration.ofHours(2));
        TestImages.age(store, named, Duration.ofDays(1000));

        Prune.Result result = store.prune(NAMELESS);

        assertThat(result.images()).extracting(Prune.Removed::image).containsExactly(old);
        assertThat(result.bytes()).isEqualTo(old.size());
        assertThat(store.index().list()).containsExactlyInAnyOrder(young, named);
        assertThat(store.blobs().has(old.descriptor().digest())).isFalse();
    }

    @Test
    void imageThatNobodyUsesForLongGoes() throws Exception {
        StoredImage old = TestImages.add(store, "old:1", "old");
        TestImages.add(store, "young:1", "young");
        TestImages.age(store, old, Duration.ofDays(31));

        Prune.Result result = store.prune(unusedFor(Duration.ofDays(30)));

        assertThat(result.images())
                .singleElement()
                .satisfies(removed -> assertThat(removed.names()).containsExactly("docker.io/library/old:1"));
        assertThat(names()).containsExactly("young:1");
    }

    /** As a guardian does. */
    private void beginSession() throws IOException {
        Files.createDirectories(store.layout().sessions().resolve("session"));
    }

    @Test
    void sessionThatHasEndedIsNotBroughtBack() throws Exception {
        StoredImage image = TestImages.add(store, "late:1", "late");

        assertThatThrownBy(() -> store.pin("ended", image)).isInstanceOf(NoSuchFileException.class);
        assertThat(store.layout().sessions().resolve("ended")).doesNotExist();
    }

    @Test
    void useOfAnImageKeepsItYoung() throws Exception {
        StoredImage image = TestImages.add(store, "old:1", "old");
        TestImages.age(store, image, Duration.ofDays(31));

        beginSession();
        store.pin("session", image);
        store.unpin("session");

        assertThat(store.prune(unusedFor(Duration.ofDays(30))).images()).isEmpty();
    }

    @Test
    void whatASessionUsesStays() throws Exception {
        StoredImage used = TestImages.add(store, "used:1", "used");
        TestImages.add(store, "unused:1", "unused");
        beginSession();
        store.pin("session", used);

        store.prune(new Prune.Rule(Optional.empty(), OptionalLong.of(0), true, false));

        assertThat(names()).containsExactly("used:1");
        assertThat(store.blobs().has(used.manifest().layers().get(0).digest())).isTrue();
    }

    @Test
    void longestUnusedGoUntilTheStoreIsSmallEnough() throws Exception {
        StoredImage first = TestImages.add(store, "first:1", "1".repeat(10_000));
        StoredImage second = TestImages.add(store, "second:1", "2".repeat(10_000));
        StoredImage third = TestImages.add(store, "third:1", "3".repeat(10_000));
        TestImages.age(store, second, Duration.ofDays(3));
        TestImages.age(store, first, Duration.ofDays(2));
        TestImages.age(store, third, Duration.ofDays(1));
        long limit = store.sizes().total() - second.size() - 1;

        Prune.Result result = store.prune(new Prune.Rule(Optional.empty(), OptionalLong.of(limit), false, false));

        assertThat(result.images()).extracting(Prune.Removed::image).containsExactly(second, first);
        assertThat(store.sizes().total()).isEqualTo(third.size());
    }

    @Test
    void unpackedLayersThatNoImageNeedsGoToo() throws Exception {
        StoredImage gone = TestImages.add(store, "gone:1", "shared");
        Files.createDirectories(store.layout().layers("mapping").resolve("unneeded"));
        Files.writeString(store.layout().layers("mapping").resolve("unneeded/file"), "12345");
        TestImages.age(store, gone, Duration.ofDays(2));

        Prune.Result result = store.prune(unusedFor(Duration.ofDays(1)));

        assertThat(result.bytes()).isEqualTo(gone.size() + 5);
        assertThat(result.folders())
                .singleElement()
                .satisfies(aside -> assertThat(aside.resolve("file")).hasContent("12345"));
    }

    @Test
    void dryRunRemovesNothing() throws Exception {
        StoredImage image = TestImages.add(store, "image:1", "content");

        Prune.Result result = store.prune(new Prune.Rule(Optional.empty(), OptionalLong.empty(), true, true));

        assertThat(result.images()).hasSize(1);
        assertThat(result.bytes()).isEqualTo(image.size());
        assertThat(names()).containsExactly("image:1");
        assertThat(store.blobs().has(image.descriptor().digest())).isTrue();
    }

    @Test
    void downloadsThatWereCutOffGoToo() throws Exception {
        Files.createDirectories(store.layout().partials());
        Files.writeString(store.layout().partials().resolve("0".repeat(64)), "half");

        assertThat(store.prune(NAMELESS).bytes()).isEqualTo(4);
        assertThat(Store.list(store.layout().partials())).isEmpty();
    }
}
