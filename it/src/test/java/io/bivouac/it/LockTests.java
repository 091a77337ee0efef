package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    /** The kernel takes two processes for a deadlock whose threads wait for each other's process, but not for each other. */
    @Test
    void processesThatWaitForEachOtherAreNoDeadlock() throws Exception {
        String one = folder.resolve("one").toString();
        String two = folder.resolve("two").toString();
        try (Child first = new ChildJvm().start(LockHolder.class, one, two);
                Child second = new ChildJvm().start(LockHolder.class, two, one)) {
            first.await("holding");
            second.await("holding");
            first.say("");
            first.await("asked");
            second.say("");
            second.await("asked");
            first.say("");
            second.say("");
            assertThat(first.join()).isZero();
            assertThat(second.join()).isZero();
            assertThat(first.output()).isEqualTo("holding\nasked\ngot it\n");
            assertThat(second.output()).isEqualTo("holding\nasked\ngot it\n");
        }
    }
}
