package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ExecResult;
import io.bivouac.engine.ExecSpec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A distribution to work in. */
class DebianTests {
    @SuppressWarnings("NullAway.Init") // set before the first test
    private static Container debian;

    @BeforeAll
    static void start() {
        debian = Engines.shared().start(ContainerSpec.of("debian:12").withCommand("sleep", "infinity"));
    }

    @AfterAll
    static void end() {
        debian.close();
    }

    private static String output(String... command) {
        ExecResult result = debian.exec(command);
        assertThat(result.exitCode()).as(result.stderr()).isZero();
        return result.stdout();
    }

    @Test
    void commandOfTheImageIsAShellThatEndsWithItsInput() {
        try (Container container = Engines.shared().start(ContainerSpec.of("debian:12"))) {
            assertThat(container.waitForExit(Duration.ofSeconds(20)).code()).isZero();
            assertThat(container.image().config().command()).containsExactly("bash");
            assertThat(container.image().config().entrypoint()).isEmpty();
        }
    }

    @Test
    void bashWorksAtATerminal() {
        String keys = """
                [[ $- == *i* ]] && echo inter''active; tty; stty size; sleep 100 &
                jobs; kill %1; exit 7
                """;
        ExecResult result = debian.exec(
                ExecSpec.of("bash", "--norc").withTerminal(90, 30).withStdin(keys.getBytes(StandardCharsets.UTF_8)));

        assertThat(result.exitCode()).isEqualTo(7);
        assertThat(result.stdout())
                .contains("interactive\r\n/dev/pts/0\r\n30 90\r\n")
                .containsPattern("\\[1\\]\\+  Running +sleep 100 &\r\n")
                .doesNotContain("no job control");
    }

    @Test
    void packagesAreKnownAndComplete() {
        assertThat(output("cat", "/etc/debian_version")).startsWith("12.");
        assertThat(output("dpkg", "-l", "bash", "apt", "dpkg").lines().filter(line -> line.startsWith("ii ")))
                .hasSize(3);
        assertThat(output("apt-cache", "policy", "bash")).contains("Installed: 5.2");
        assertThat(output("dpkg", "--audit")).isEmpty();
    }

    @Test
    void packageIsBuiltInstalledAndRemoved() {
        String script = "mkdir -p /tmp/p/DEBIAN /tmp/p/opt && echo tent >/tmp/p/opt/tent &&"
                + " printf 'Package: tent\\nVersion: 1\\nArchitecture: all\\nMaintainer: t <t@example.org>\\n"
                + "Description: t\\n' >/tmp/p/DEBIAN/control && dpkg-deb --root-owner-group --build /tmp/p /tmp/tent.deb"
                + " && apt-get install --yes /tmp/tent.deb && cat /opt/tent && apt-get purge --yes tent && test ! -e /opt/tent";

        assertThat(output("sh", "-ec", script)).contains("Setting up tent (1)", "\ntent\n", "Removing tent (1)");
    }

    @Test
    void textIsUtf8WhereTheLocaleSaysSo() {
        assertThat(output("locale", "charmap")).isEqualTo("ANSI_X3.4-1968\n");
        ExecSpec spec = ExecSpec.of("bash", "-c", "locale charmap; word=grün; echo ${#word}")
                .withEnv("LC_ALL", "C.UTF-8");
        assertThat(debian.exec(spec).stdout()).isEqualTo("UTF-8\n4\n");
    }
}
