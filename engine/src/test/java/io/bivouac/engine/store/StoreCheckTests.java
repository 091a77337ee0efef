package io.bivouac.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.HostException;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreCheckTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private Store store;
    private StoredImage image;

    @BeforeEach
    void open() throws IOException {
        store = Store.open(folder.resolve("store"), 0);
        image = TestImages.add(store, "some:1", "content");
        TestImages.add(store, "other:1", "other content");
    }

    /** As a process would that knows nothing yet. */
    private StoreCheck check() {
        return new StoreCheck(Store.open(folder.resolve("store"), 0));
    }

    private Digest layer() {
        return image.manifest().layers().get(0).digest();
    }

    @Test
    void storeInOrderHasNothingToSay() throws Exception {
        StoreCheck check = check();

        assertThat(check.run()).isEmpty();
        assertThat(check.others()).isEmpty();
        assertThat(check.lacking()).isEmpty();
    }

    @Test
    void blobWithOtherContentIsTakenAwayAndItsImageNamed() throws Exception {
        Files.writeString(store.layout().blob(layer()), "CONTENT");
        StoreCheck check = check();

        assertThat(check.run()).isEmpty();

        assertThat(store.blobs().has(layer())).isFalse();
        assertThat(check.lacking()).singleElement().satisfies(lacking -> {
            assertThat(lacking.names()).containsExactly("docker.io/library/some:1");
            assertThat(lacking.source()).isEmpty();
            assertThat(lacking.problem())
                    .isEqualTo("blob " + layer() + " is damaged: its content has the digest "
                            + Digest.of("CONTENT".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        });
        assertThat(check.others()).isEmpty();
    }

    @Test
    void missingManifestIsNamed() throws Exception {
        Files.delete(store.layout().blob(image.descriptor().digest()));
        StoreCheck check = check();

        check.run();

        assertThat(check.lacking())
                .extracting(StoreCheck.Lacking::problem)
                .containsExactly("blob " + image.descriptor().digest() + " is missing");
    }

    @Test
    void damagedBlobThatNoImageNeedsIsNamed() throws Exception {
        Path blob = store.layout().blob(Digest.of(new byte[1]));
        Files.writeString(blob, "something else");
        StoreCheck check = check();

        check.run();

        assertThat(blob).doesNotExist();
        assertThat(check.lacking()).isEmpty();
        assertThat(check.others())
                .singleElement()
                .asString()
                .startsWith("blob " + Digest.of(new byte[1]) + " is damaged");
    }

    @Test
    void entryOfAnImageIsMadeAnewFromItsBlobs() throws Exception {
        Path entry = store.layout().image(image.descriptor().digest());
        Files.writeString(entry, "{\"mediaType\":");

        List<StoreCheck.Finding> findings = check().run();

        assertThat(findings).singleElement().satisfies(finding -> {
            assertThat(finding.object()).isEqualTo("the entry " + entry);
            assertThat(finding.lost()).isFalse();
        });
        Store again = Store.open(folder.resolve("store"), 0);
        assertThat(again.index().find(ImageReference.parse("some:1")).map(StoredImage::id))
                .contains(image.id());
    }

    @Test
    void nameThatSaysNothingOrLeadsNowhereGoes() throws Exception {
        Path name = store.layout().reference("docker.io%2Flibrary%2Fsome:1");
        Path other = store.layout().reference("docker.io%2Flibrary%2Fother:1");
        Files.write(other, new byte[10]);
        Files.delete(store.layout().image(image.descriptor().digest()));

        List<StoreCheck.Finding> findings = check().run();

        assertThat(findings)
                .extracting(StoreCheck.Finding::object)
                .containsExactlyInAnyOrder("the name docker.io/library/other:1", "the name docker.io/library/some:1");
        assertThat(findings).extracting(StoreCheck.Finding::problem).contains("it leads to no image");
        assertThat(name).doesNotExist();
        assertThat(other).doesNotExist();
        assertThat(check().run()).isEmpty();
    }

    @Test
    void nothingIsCollectedWhileAnImageCannotBeRead() throws Exception {
        Files.writeString(store.layout().image(image.descriptor().digest()), "nonsense");
        Store other = Store.open(folder.resolve("store"), 0);

        assertThatThrownBy(other::collect).isInstanceOf(DamageException.class);
        assertThat(store.blobs().has(layer())).isTrue();
    }

    @Test
    void storeOfANewerVersionIsRefused() throws Exception {
        Files.writeString(store.layout().version(), "4\n");

        assertThatThrownBy(() -> Store.open(folder.resolve("store"), 0))
                .isInstanceOf(HostException.class)
                .hasMessage("The store " + folder.resolve("store")
                        + " cannot be used: it was written in format 4 by another version of Bivouac, this one knows 3."
                        + " Choose a writable place with -Dbivouac.store=FOLDER.");
        assertThat(store.layout().version()).hasContent("4\n");
    }

    @Test
    void reserveIsKept() throws Exception {
        Store careful = Store.open(folder.resolve("store"), Long.MAX_VALUE / 2);

        assertThatThrownBy(() -> careful.requireSpace(1_000_000))
                .isInstanceOf(SpaceException.class)
                .hasMessageStartingWith("the file system of the store " + folder.resolve("store") + " has ")
                .hasMessageEndingWith("are kept in reserve. Free space with mvn bivouac:prune, move the store with"
                        + " -Dbivouac.store=FOLDER, or keep less with -Dbivouac.store.reserve=SIZE");
        assertThatThrownBy(() -> careful.blobs().add("text/plain", new byte[] {1}))
                .isInstanceOf(SpaceException.class);
        assertThatThrownBy(() -> TestImages.add(careful, "new:1", "new")).isInstanceOf(SpaceException.class);
        assertThat(Store.list(store.layout().blobs())).noneMatch(Garbage::isAside);
    }
}
