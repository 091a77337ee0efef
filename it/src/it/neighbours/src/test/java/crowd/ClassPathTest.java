package crowd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Nothing that the extension brings is there a second time, or hides what the project has. */
class ClassPathTest {
    private static List<Path> jars() {
        return Stream.of(System.getProperty("surefire.test.class.path").split(File.pathSeparator))
                .filter(entry -> entry.endsWith(".jar"))
                .map(Path::of)
                .toList();
    }

    private static boolean isOurs(Path jar) {
        return jar.getFileName().toString().startsWith("bivouac-");
    }

    private static List<String> entries(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.stream().filter(entry -> !entry.isDirectory()).map(JarEntry::getName).toList();
        }
    }

    @Test
    void noClassOfOursIsThereTwice() throws IOException {
        Map<String, List<String>> holders = new HashMap<>();
        Set<String> ours = new TreeSet<>();
        for (Path jar : jars()) {
            for (String entry : entries(jar)) {
                if (entry.endsWith(".class")) {
                    holders.computeIfAbsent(entry, key -> new ArrayList<>()).add(jar.getFileName().toString());
                    if (isOurs(jar)) {
                        ours.add(entry);
                    }
                }
            }
        }

        assertThat(ours).hasSizeGreaterThan(300);
        assertThat(ours).filteredOn(entry -> holders.get(entry).size() > 1).isEmpty();
        assertThat(holders).containsKeys("com/google/gson/Gson.class", "org/awaitility/Awaitility.class");
    }

    @Test
    void jarsOfOursHoldNothingOutsideOfTheirPackage() throws IOException {
        for (Path jar : jars()) {
            if (isOurs(jar)) {
                assertThat(entries(jar))
                        .allMatch(entry -> entry.startsWith("io/bivouac/") || entry.startsWith("META-INF/"))
                        .noneMatch(entry -> entry.startsWith("META-INF/versions/"))
                        .noneMatch(entry -> entry.endsWith("module-info.class"));
                try (JarFile file = new JarFile(jar.toFile())) {
                    assertThat(file.isMultiRelease()).isFalse();
                }
            }
        }
    }

    @Test
    void licencesOfTheLibrariesInTheEngineAreKept() throws IOException {
        Path engine = jars().stream()
                .filter(jar -> jar.getFileName().toString().startsWith("bivouac-engine-"))
                .findFirst()
                .orElseThrow();
        try (JarFile file = new JarFile(engine.toFile())) {
            assertThat(text(file, "META-INF/LICENSE.txt")).contains("Apache License", "Version 2.0");
            assertThat(text(file, "META-INF/licenses/hamcrest.txt")).contains("HamCrest.org");
            assertThat(text(file, "META-INF/NOTICE"))
                    .contains("Commons Codec", "Commons Compress", "Commons IO", "Commons Lang");
        }
    }

    private static String text(JarFile file, String name) throws IOException {
        try (InputStream in = file.getInputStream(file.getEntry(name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
