package crowd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.gson.Gson;
import io.bivouac.engine.Container;
import io.bivouac.junit.Provision;
import io.bivouac.junit.WaitFor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.testcontainers.utility.DockerImageName;

/** Each library works in the version this project has, while the engine works with its own. */
class OtherVersionsTest {
    private static final AtomicInteger EVALUATIONS = new AtomicInteger();

    @BeforeAll
    static void spoilDefaults() {
        // Long enough for one look, and shorter than the delay before it.
        Awaitility.setDefaultTimeout(Duration.ofMillis(500));
        Awaitility.setDefaultPollDelay(Duration.ofMinutes(1));
        Awaitility.setDefaultPollInterval(Duration.ofMinutes(1));
        Awaitility.setDefaultConditionEvaluationListener(condition -> EVALUATIONS.incrementAndGet());
    }

    @AfterAll
    static void resetDefaults() {
        Awaitility.reset();
    }

    private static String file(Class<?> type) {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath())
                .getFileName()
                .toString();
    }

    /** The project's own version of a library. */
    private static String jar(String library) {
        return library + "-" + System.getProperty("bivouac.it.old-" + library) + ".jar";
    }

    @Test
    void defaultsOfAwaitilityAreTheProjectsAlone(
            @Provision(
                            image = "nginx:1",
                            ports = 80,
                            waitFor = @WaitFor(command = {"sh", "-c", "test -s /run/nginx.pid"}))
                    Container nginx) {
        assertThat(nginx.exec("test", "-s", "/run/nginx.pid").exitCode()).isZero();
        assertThat(EVALUATIONS).hasValue(0);
        assertThat(file(Awaitility.class)).isEqualTo(jar("awaitility"));
        assertThatThrownBy(() -> Awaitility.await().pollDelay(Duration.ZERO).until(() -> false))
                .isInstanceOf(ConditionTimeoutException.class);
        assertThat(EVALUATIONS).hasPositiveValue();
    }

    @Test
    void jsonIsReadAndWrittenByTheProjectsLibraries() throws Exception {
        assertThat(file(Gson.class)).isEqualTo(jar("gson"));
        assertThat(new Gson().fromJson("{'tent': 1}", Map.class)).isEqualTo(Map.of("tent", 1.0));
        assertThat(new ObjectMapper().readTree("{\"tent\": 1}").get("tent").asInt()).isEqualTo(1);
    }

    @Test
    void archivesAreReadAndWrittenByTheProjectsLibrary(
            @Provision(image = "debian:12", command = {"sleep", "infinity"}) Container debian, @TempDir Path folder)
            throws Exception {
        assertThat(file(TarArchiveEntry.class)).isEqualTo(jar("commons-compress"));
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        try (TarArchiveOutputStream out = new TarArchiveOutputStream(archive)) {
            TarArchiveEntry entry = new TarArchiveEntry("tent");
            entry.setSize(5);
            out.putArchiveEntry(entry);
            out.write("green".getBytes(StandardCharsets.US_ASCII));
            out.closeArchiveEntry();
        }

        // The engine's own archives pass through its own library, in the same JVM.
        debian.copyTo(archive.toByteArray(), "/tmp/tent.tar", 0644);
        assertThat(debian.exec("tar", "-xOf", "/tmp/tent.tar").stdout()).isEqualTo("green");
        debian.exec("sh", "-c", "cd /tmp && echo lantern >lantern && tar -cf lantern.tar lantern");
        debian.copyFrom("/tmp/lantern.tar", folder.resolve("lantern.tar"));
        try (TarArchiveInputStream in = new TarArchiveInputStream(
                new ByteArrayInputStream(Files.readAllBytes(folder.resolve("lantern.tar"))))) {
            assertThat(in.getNextTarEntry().getName()).isEqualTo("lantern");
        }
    }

    @Test
    void testcontainersAndLoggingAreThere() {
        assertThat(DockerImageName.parse("redis:7").getVersionPart()).isEqualTo("7");
        assertThat(LoggerFactory.getILoggerFactory().getClass().getName()).startsWith("ch.qos.logback.");
    }
}
