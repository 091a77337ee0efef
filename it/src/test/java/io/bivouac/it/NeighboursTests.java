package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The extension on the class paths of others. */
@Tag("root")
@ResourceLock(OutsideMaven.REPOSITORY)
class NeighboursTests {
    private static final String VERSION = "-\\d.*\\.jar";
    private static final long SIZE_LIMIT = 3_000_000;

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private OutsideMaven project(String name) throws Exception {
        return OutsideMaven.project(name, folder.resolve(name), folder.resolve("store"));
    }

    @Test
    void extensionAndTheLibrariesOfAProjectLeaveEachOtherAlone() throws Exception {
        Commands.Result build = project("neighbours").run("test");

        assertThat(build.code()).as(build.output()).isZero();
        assertThat(build.output()).contains("Tests run: 8, Failures: 0, Errors: 0, Skipped: 0");
    }

    /** Annotations and nothing else come with the two jars. */
    @ParameterizedTest
    @ValueSource(strings = {"compile", "runtime"})
    void classPathOfTheExtensionIsShort(String scope) throws Exception {
        Path list = folder.resolve("class-path");
        Commands.Result build = project("classpath")
                .run("dependency:build-classpath", "-DincludeScope=" + scope, "-Dmdep.outputFile=" + list);

        assertThat(build.code()).as(build.output()).isZero();
        List<Path> jars = Arrays.stream(Files.readString(list).split(File.pathSeparator))
                .map(Path::of)
                .toList();
        assertThat(jars)
                .extracting(jar -> jar.getFileName().toString().replaceFirst(VERSION, ""))
                .containsExactlyInAnyOrder("bivouac-extension", "bivouac-engine", "apiguardian-api", "jspecify");
        long size = 0;
        for (Path jar : jars) {
            size += Files.size(jar);
        }
        assertThat(size).as(jars + " in bytes").isLessThan(SIZE_LIMIT);
    }
}
