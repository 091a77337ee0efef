package io.bivouac.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordFilesTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    @Test
    void recordThatComesLateIsDeletedToo() throws IOException {
        RecordFiles records = new RecordFiles();
        Path early = records.keep(Files.createFile(folder.resolve("early")));
        assertThat(early).exists();

        records.deleteAll();
        Path late = records.keep(Files.createFile(folder.resolve("late")));

        assertThat(early).doesNotExist();
        assertThat(late).doesNotExist();
    }
}
