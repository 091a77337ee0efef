package io.bivouac.engine.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.ContainerSpec;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelTests {
    private static final ContainerSpec SPEC = ContainerSpec.of("a:1");

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private void write(String file, String content) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
    }

    private Labeller labeller() {
        return new Labeller(SecurityModules.of(folder), new CategoryClaims(folder.resolve("locks/categories")));
    }

    @Test
    void nothingIsSaidWhereNoModuleIsActive() throws Exception {
        write("module/apparmor/parameters/enabled", "N\n");
        ContainerLabels labels = labeller().label(SPEC.withAppArmor("mine"));

        assertThat(labels.appArmor()).isEmpty();
        assertThat(labels.ofProcesses()).isEmpty();
        assertThat(labels.ofFiles()).isEmpty();
        assertThat(labeller().ofLayers()).isEmpty();
        assertThat(folder.resolve("locks")).doesNotExist();
    }

    @Test
    void profileThatWasAskedForIsSaidToAppArmor() throws Exception {
        write("module/apparmor/parameters/enabled", "Y\n");

        assertThat(labeller().label(SPEC.withAppArmor("mine")).appArmor()).contains("mine");
        assertThat(labeller().label(SPEC).appArmor()).isEmpty();
    }

    @Test
    void processesAndFilesShareTwoCategoriesUnderSelinux() throws Exception {
        write("fs/selinux/context", "");
        try (ContainerLabels labels = labeller().label(SPEC)) {
            String process = labels.ofProcesses().orElseThrow();
            String categories = process.substring(process.lastIndexOf(':') + 1);

            assertThat(process).matches("system_u:system_r:container_t:s0:c\\d+,c\\d+");
            assertThat(labels.ofFiles()).contains("system_u:object_r:container_file_t:s0:" + categories);
        }
    }

    @Test
    void layersAreEveryContainersToExecute() throws Exception {
        write("fs/selinux/context", "");

        assertThat(labeller().ofLayers()).contains("system_u:object_r:container_ro_file_t:s0");
    }

    @Test
    void policyThatKnowsNoContainersIsLeftAlone() throws Exception {
        // A folder cannot be written to, as the kernel's file with a context it does not know.
        Files.createDirectories(folder.resolve("fs/selinux/context"));

        assertThat(labeller().label(SPEC).ofProcesses()).isEmpty();
        assertThat(labeller().ofLayers()).isEmpty();
        assertThat(labeller().describe())
                .startsWith("none; SELinux is active, but its policy has no types for containers");
    }

    @Test
    void privilegedContainerIsNotSeparated() throws Exception {
        write("fs/selinux/context", "");

        assertThat(labeller().label(SPEC.withPrivileged()).ofProcesses()).isEmpty();
    }

    @Test
    void categoriesAreClaimedAndGivenBack() throws Exception {
        write("fs/selinux/context", "");
        Labeller one = labeller();
        Labeller other = labeller();
        Set<String> all = new HashSet<>();
        for (int i = 0; i < 500; i++) {
            all.add(one.label(SPEC).ofFiles().orElseThrow());
            all.add(other.label(SPEC).ofFiles().orElseThrow());
        }
        assertThat(all).hasSize(1000);
        assertThat(folder.resolve("locks/categories")).isEmptyFile();

        // The same numbers twice: what is taken is passed over, what was given back is taken again.
        Path file = folder.resolve("locks/again");
        CategoryClaims.Claim first = new CategoryClaims(file, new Random(1)).claim();
        CategoryClaims.Claim second = new CategoryClaims(file, new Random(1)).claim();
        assertThat(second.pair()).isNotEqualTo(first.pair());
        new ContainerLabels(null, first).close();
        assertThat(new CategoryClaims(file, new Random(1)).claim().pair()).isEqualTo(first.pair());
    }

    @Test
    void categoriesOfAnotherProcessAreNotTaken() throws Exception {
        Path file = folder.resolve("locks/others");
        CategoryPair wanted = new CategoryClaims(folder.resolve("locks/none"), new Random(2))
                .claim()
                .pair();
        Files.createFile(file);
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        file.toString(),
                        Long.toString((long) wanted.low() * CategoryPair.CATEGORIES + wanted.high()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(other.getInputStream().read()).isEqualTo('h');
            assertThat(new CategoryClaims(file, new Random(2)).claim().pair()).isNotEqualTo(wanted);
        } finally {
            other.destroyForcibly().waitFor();
        }
        assertThat(new CategoryClaims(file, new Random(2)).claim().pair()).isEqualTo(wanted);
    }

    /** Holds a pair until it is killed. */
    static final class Holder {
        public static void main(String[] arguments) throws Exception {
            FileChannel channel = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE);
            FileLock lock = channel.lock(Long.parseLong(arguments[1]), 1, false);
            System.out.print("h");
            System.out.flush();
            System.in.read();
            lock.release();
        }
    }

    @Test
    void whatIsNoPairIsRefused() {
        for (int[] wrong : List.of(new int[] {1, 1}, new int[] {2, 1}, new int[] {-1, 1}, new int[] {0, 1024})) {
            assertThatThrownBy(() -> new CategoryPair(wrong[0], wrong[1]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("not two categories in order: " + wrong[0] + ", " + wrong[1]);
        }
    }

    @Test
    void nameOfAProfileIsOneWord() {
        assertThat(SPEC.withAppArmor("docker-default//child").appArmor()).contains("docker-default//child");
        for (String wrong : List.of("", "two words", "line\n", "x".repeat(1025))) {
            assertThatThrownBy(() -> SPEC.withAppArmor(wrong))
                    .hasMessage("'" + wrong
                            + "' is not the name of an AppArmor profile: aa-status lists those that are loaded.");
        }
    }
}
