package io.bivouac.engine.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReferenceTests {
    private static final String DIGEST = "sha256:" + "0123456789abcdef".repeat(4);

    @ParameterizedTest
    @CsvSource({
        "postgres, docker.io/library/postgres:latest, postgres:latest",
        "postgres:15, docker.io/library/postgres:15, postgres:15",
        "team/app, docker.io/team/app:latest, team/app:latest",
        "docker.io/postgres:15, docker.io/library/postgres:15, postgres:15",
        "index.docker.io/library/postgres:15, docker.io/library/postgres:15, postgres:15",
        "localhost/foo:1, localhost/foo:1, localhost/foo:1",
        "localhost:5000/a/b/c:x, localhost:5000/a/b/c:x, localhost:5000/a/b/c:x",
        "example.org/app, example.org/app:latest, example.org/app:latest",
        "example.org:8443/app:1.2-rc_3, example.org:8443/app:1.2-rc_3, example.org:8443/app:1.2-rc_3",
        "a__b/c-d/e.f:1, docker.io/a__b/c-d/e.f:1, a__b/c-d/e.f:1",
        "'[::1]:5000/x:1', '[::1]:5000/x:1', '[::1]:5000/x:1'",
    })
    void isReadAsUsersWriteIt(String text, String canonical, String familiar) {
        ImageReference reference = ImageReference.parse(text);

        assertThat(reference).hasToString(canonical);
        assertThat(reference.familiar()).isEqualTo(familiar);
        assertThat(ImageReference.parse(canonical)).isEqualTo(reference);
        assertThat(ImageReference.parse(familiar)).isEqualTo(reference);
    }

    @Test
    void digestNeedsNoTag() {
        ImageReference reference = ImageReference.parse("postgres@" + DIGEST);

        assertThat(reference.tag()).isEmpty();
        assertThat(reference.digest()).contains(Digest.parse(DIGEST));
        assertThat(ImageReference.parse("postgres:15@" + DIGEST).tag()).contains("15");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Postgres",
                "a//b",
                "a/",
                "/a",
                "a:",
                "a:-x",
                "a b",
                "a@sha256:12",
                "a@md5:x",
                "..",
                "a..b",
                "-a",
                "a-",
                "a___b"
            })
    void whatIsNoReferenceIsRefused(String text) {
        assertThatThrownBy(() -> ImageReference.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("'" + text + "' is not an image reference: ");
    }

    @Test
    void lengthIsLimited() {
        assertThatThrownBy(() -> ImageReference.parse("a".repeat(256))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ImageReference.parse("a:" + "t".repeat(129)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
