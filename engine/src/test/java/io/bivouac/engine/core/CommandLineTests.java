package io.bivouac.engine.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.oci.ImageConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CommandLineTests {
    private static final ImageConfig IMAGE = ImageConfig.of(Map.of(
            "config",
            Map.of(
                    "Entrypoint",
                    List.of("/entry"),
                    "Cmd",
                    List.of("default"),
                    "Env",
                    List.of("A=image", "PATH=/x:/y"))));

    @Test
    void entrypointAndCommandFollowTheWellKnownRules() {
        ContainerSpec spec = ContainerSpec.of("x:1");

        assertThat(CommandLine.arguments(spec, IMAGE)).containsExactly("/entry", "default");
        assertThat(CommandLine.arguments(spec.withCommand("own"), IMAGE)).containsExactly("/entry", "own");
        assertThat(CommandLine.arguments(spec.withEntrypoint("/mine"), IMAGE)).containsExactly("/mine");
        assertThat(CommandLine.arguments(spec.withEntrypoint("/mine").withCommand("own"), IMAGE))
                .containsExactly("/mine", "own");
        assertThat(CommandLine.arguments(spec.withEntrypoint().withCommand("own"), IMAGE))
                .containsExactly("own");
    }

    @Test
    void nothingToRunIsNamed() {
        assertThatThrownBy(() -> CommandLine.arguments(ContainerSpec.of("x:1"), ImageConfig.of(Map.of())))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("The image x:1 names no command. Give one with withCommand.");
    }

    @Test
    void specificationWinsOverImageWinsOverDefaults() {
        Map<String, String> environment =
                CommandLine.environment(ContainerSpec.of("x:1").withEnv("A", "own"), IMAGE, "host", "/home/me");

        assertThat(environment)
                .containsEntry("A", "own")
                .containsEntry("PATH", "/x:/y")
                .containsEntry("HOME", "/home/me");
    }

    @Test
    void programIsLookedForInPath() {
        Map<String, String> environment = Map.of("PATH", "/x:/y");

        assertThat(CommandLine.candidates("sh", environment)).containsExactly("/x/sh", "/y/sh");
        assertThat(CommandLine.candidates("./sh", environment)).containsExactly("./sh");
    }

    @Test
    void specificationMasksValues() {
        assertThat(ContainerSpec.of("x:1").withEnv("PASSWORD", "secret"))
                .asString()
                .contains("PASSWORD=***")
                .doesNotContain("secret");
    }
}
