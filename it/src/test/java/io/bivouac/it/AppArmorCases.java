package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ExecResult;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A profile confines containers; run by {@code HostMatrixTests} in a machine whose kernel has AppArmor. */
class AppArmorCases {
    private static final String PROFILE = """
            profile bivouac-it flags=(attach_disconnected,mediate_deleted) {
                file,
                capability,
                network,
                signal,
                unix,
                deny /forbidden w,
            }
            """;
    private static final ContainerSpec SLEEPER =
            ContainerSpec.of("busybox:1").withName("c").withCommand("sleep", "100000");

    private static void parse(Path folder, String option) throws Exception {
        Path file = Files.writeString(folder.resolve("profile"), PROFILE);
        Commands.Result result = Commands.run("apparmor_parser", option, file.toString());
        assertThat(result.code()).as(result.output()).isZero();
    }

    @BeforeAll
    static void load(@TempDir Path folder) throws Exception {
        parse(folder, "--replace");
    }

    @AfterAll
    static void unload(@TempDir Path folder) throws Exception {
        parse(folder, "--remove");
    }

    @Test
    void profileConfinesEveryProcess() {
        try (Container container = Engines.shared().start(SLEEPER.withAppArmor("bivouac-it"))) {
            ExecResult labels = container.exec("sh", "-c", "cat /proc/1/attr/current /proc/self/attr/current");
            ExecResult forbidden = container.exec("sh", "-c", "echo x >/allowed && echo x >/forbidden");

            assertThat(labels.stdout()).isEqualTo("bivouac-it (enforce)\nbivouac-it (enforce)\n");
            assertThat(forbidden.stderr()).contains("/forbidden: Permission denied");
            container.restart();
            assertThat(container.exec("cat", "/proc/1/attr/current").stdout()).isEqualTo("bivouac-it (enforce)\n");
        }
    }

    @Test
    void nothingIsConfinedWithoutOne() {
        try (Container container = Engines.shared().start(SLEEPER)) {
            assertThat(container.exec("cat", "/proc/1/attr/current").stdout()).isEqualTo("unconfined\n");
            assertThat(container.exec("sh", "-c", "echo x >/forbidden").exitCode())
                    .isZero();
        }
    }

    @Test
    void profileThatIsNotLoadedIsNamed() {
        assertThatThrownBy(() -> Engines.shared().start(SLEEPER.withAppArmor("no-such-profile")))
                .hasMessageContaining("no-such-profile")
                .hasMessageContaining("apparmor_parser");
    }
}
