package io.bivouac.engine.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.tar.TarType;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OwnFoldersTests {
    private final OwnFolders own = new OwnFolders();

    private boolean suffice(TarType type, String path) {
        return own.suffice(type, path.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void entriesOfFoldersThatTheLayerDescribesNeedNothingBelow() {
        assertThat(suffice(TarType.FILE, "file")).isTrue();
        assertThat(suffice(TarType.FOLDER, "")).isTrue();
        assertThat(suffice(TarType.FOLDER, "a")).isTrue();
        assertThat(suffice(TarType.FOLDER, "a/b")).isTrue();
        assertThat(suffice(TarType.FOLDER, "a/b")).isTrue();
        assertThat(suffice(TarType.SYMLINK, "a/b/link")).isTrue();
        assertThat(suffice(TarType.FIFO, "a/pipe")).isTrue();
    }

    @Test
    void foldersThatAreNotDescribedMayBeAnythingBelow() {
        assertThat(suffice(TarType.FILE, "a/file")).isFalse();
        assertThat(suffice(TarType.FOLDER, "a/b")).isFalse();
        assertThat(suffice(TarType.FOLDER, "b")).isTrue();
        assertThat(suffice(TarType.FILE, "b/c/file")).isFalse();
    }

    @Test
    void linksLeadToWhereNothingIsKnownOf() {
        assertThat(suffice(TarType.SYMLINK, "link")).isTrue();
        assertThat(suffice(TarType.FILE, "link/file")).isFalse();
        assertThat(suffice(TarType.HARD_LINK, "hard")).isFalse();
    }

    @Test
    void folderThatGivesWayIsNoneAnyMore() {
        assertThat(suffice(TarType.FOLDER, "a")).isTrue();
        assertThat(suffice(TarType.SYMLINK, "a")).isFalse();
    }

    @Test
    void memoryIsBounded() {
        int known = 0;
        while (known < 1_000_000 && suffice(TarType.FOLDER, "folder" + known)) {
            known++;
        }
        assertThat(known).isBetween(10_000, 100_000);
        assertThat(suffice(TarType.FOLDER, "folder1")).isTrue();
    }
}
