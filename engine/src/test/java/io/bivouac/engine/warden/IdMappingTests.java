package io.bivouac.engine.warden;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdMappingTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path etc;

    private IdMapping mapping(String subuid, String subgid) throws IOException {
        Files.writeString(etc.resolve("subuid"), subuid);
        Files.writeString(etc.resolve("subgid"), subgid);
        return IdMapping.of(1000, 1001, "me", etc, Optional.empty());
    }

    @Test
    void rootNeedsNone() throws Exception {
        IdMapping mapping = IdMapping.of(0, 0, "root", etc, Optional.empty());

        assertThat(mapping.rootless()).isFalse();
        assertThat(mapping.layersName()).isEqualTo("root");
        assertThat(mapping.mapsUid(4_000_000_000L)).isTrue();
    }

    @Test
    void subordinateIdsAreMappedByNameOrNumber() throws Exception {
        IdMapping byName = mapping("other:1:1\nme:100000:65536\n", "me:200000:65536\n");
        assertThat(byName.kind()).isEqualTo(IdMapping.Kind.HELPER);
        assertThat(byName.uids())
                .containsExactly(new IdMapping.Range(0, 1000, 1), new IdMapping.Range(1, 100000, 65536));
        assertThat(byName.gids())
                .containsExactly(new IdMapping.Range(0, 1001, 1), new IdMapping.Range(1, 200000, 65536));
        assertThat(byName.mapsUid(65536)).isTrue();
        assertThat(byName.mapsUid(65537)).isFalse();

        assertThat(mapping("1000:5:10\n", "1000:6:10\n").uids()).contains(new IdMapping.Range(1, 5, 10));
    }

    @Test
    void moreThanNeededIsNotTaken() throws Exception {
        assertThat(mapping("me:100000:1000000\n", "me:100000:1000000\n").uids())
                .contains(new IdMapping.Range(1, 100000, 65536));
    }

    @Test
    void withoutSubordinateIdsOneIdIsLeft() throws Exception {
        IdMapping none = mapping("", "me:1:1\n");
        assertThat(none.kind()).isEqualTo(IdMapping.Kind.SINGLE);
        assertThat(none.uids()).containsExactly(new IdMapping.Range(0, 1000, 1));
        assertThat(none.mapsUid(1)).isFalse();

        assertThat(mapping("me:x:y\nme\nme:1\n", "").kind()).isEqualTo(IdMapping.Kind.SINGLE);
        assertThat(IdMapping.of(1000, 1000, "me", etc.resolve("nowhere"), Optional.empty())
                        .kind())
                .isEqualTo(IdMapping.Kind.SINGLE);
    }

    @Test
    void idsThatNobodyCanMapAreNotTaken() throws Exception {
        mapping("me:100000:65536\n", "me:100000:65536\n");
        IdMapping bound = IdMapping.of(1000, 1001, "me", etc, Optional.of(Remedies.NO_NEW_PRIVILEGES));

        assertThat(bound.kind()).isEqualTo(IdMapping.Kind.SINGLE);
        assertThat(bound.remedy()).isEqualTo(Remedies.NO_NEW_PRIVILEGES);
        assertThat(IdMapping.of(7, 7, "other", etc, Optional.of(Remedies.HELPERS))
                        .remedy())
                .isEqualTo(Remedies.IDS);
    }

    @Test
    void layersOfDifferentMapsAreKeptApart() throws Exception {
        String first = mapping("me:100000:65536\n", "me:100000:65536\n").layersName();
        String second = mapping("me:200000:65536\n", "me:100000:65536\n").layersName();

        assertThat(first)
                .isEqualTo("user-0.1000.1-1.100000.65536-0.1001.1-1.100000.65536")
                .isNotEqualTo(second);
    }
}
