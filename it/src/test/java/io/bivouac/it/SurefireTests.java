package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The extension in the JVMs that somebody else's Surefire forks, and in their ends. */
@Tag("root")
@ResourceLock(OutsideMaven.REPOSITORY)
class SurefireTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private Commands.Result build(String... arguments) throws Exception {
        Commands.Result result = OutsideMaven.project("forks", folder.resolve("project"), folder.resolve("store"))
                .run(Stream.concat(Stream.of("test"), Stream.of(arguments)).toArray(String[]::new));
        // Whatever else is said: each of them had a container.
        assertThat(forks()).as(result.output()).isPositive();
        return result;
    }

    private long forks() throws Exception {
        try (Stream<Path> files = Files.list(folder.resolve("project/target/forks"))) {
            return files.count();
        }
    }

    private void assertBroken(Commands.Result build, String why) throws Exception {
        assertThat(build.code()).as(build.output()).isEqualTo(1);
        assertThat(build.output()).contains(why);
        OutsideMaven.awaitNoSession(folder.resolve("store"));
    }

    @Test
    void fourForksShareOneStore() throws Exception {
        Commands.Result build = build("-DforkCount=4", "-DreuseForks=false");

        assertThat(build.code()).as(build.output()).isZero();
        assertThat(build.output()).contains("Tests run: 4, Failures: 0, Errors: 0, Skipped: 0");
        assertThat(forks()).isEqualTo(4);
        OutsideMaven.awaitNoSession(folder.resolve("store"));
    }

    @Test
    void forkThatEndsForWantOfMemoryLeavesNothing() throws Exception {
        assertBroken(
                build("-Dtest=AlphaTest", "-Dend=memory", "-DargLine=-Xmx64m -XX:+ExitOnOutOfMemoryError"),
                "The forked VM terminated without properly saying goodbye");
    }

    @Test
    void testThatRunsOutOfMemoryLeavesNothingEither() throws Exception {
        assertBroken(build("-Dtest=AlphaTest", "-Dend=memory", "-DargLine=-Xmx64m"), "Java heap space");
    }
}
