package io.bivouac.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SeccompProfileTests {
    @TempDir
    private Path folder;

    @Test
    void containersAreUnderTheStandardProfileUnlessTheySayOtherwise() {
        ContainerSpec spec = ContainerSpec.of("alpine");

        assertThat(spec.seccomp()).isEqualTo(SeccompProfile.standard());
        assertThat(spec.withSeccomp(SeccompProfile.unconfined()).withUser("x").seccomp())
                .isEqualTo(SeccompProfile.unconfined());
    }

    @Test
    void fileIsReadAtOnce() throws IOException {
        Path file = Files.writeString(folder.resolve("profile.json"), "{\"ä\": 1}");
        SeccompProfile profile = SeccompProfile.ofFile(file);
        Files.delete(file);

        assertThat(profile).isEqualTo(new SeccompProfile.Custom(file.toString(), "{\"ä\": 1}"));
    }

    @Test
    void documentIsNotPrinted() {
        SeccompProfile profile = new SeccompProfile.Custom("p.json", "{}");

        assertThat(ContainerSpec.of("alpine").withSeccomp(profile).toString()).contains("seccomp=p.json,");
    }

    @Test
    void fileThatIsNoTextIsRefused() throws IOException {
        Path file = Files.write(folder.resolve("profile.json"), new byte[] {'{', (byte) 0xff, '}'});

        assertThatThrownBy(() -> SeccompProfile.ofFile(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("The seccomp profile " + file + " is not valid UTF-8.");
    }

    @Test
    void fileWithoutEndIsRefused() {
        assertThatThrownBy(() -> SeccompProfile.ofFile(Path.of("/dev/zero")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("The seccomp profile /dev/zero is larger than 1048576 bytes.");
    }

    @Test
    void folderIsNoProfile() {
        assertThatThrownBy(() -> SeccompProfile.ofFile(folder))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("The seccomp profile " + folder + " cannot be read: Is a directory.");
    }
}
