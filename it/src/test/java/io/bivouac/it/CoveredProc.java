package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.HostException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Two containers that have one procfs, this host's: what one may see of the other. */
final class CoveredProc {
    private static final String SECRET = "SECRET=of the first";

    private CoveredProc() {}

    /**
     * Says {@code sysctl: WHY} of a sysctl that cannot be set, and {@code apart} at the end.
     *
     * @param arguments the store, and a layout of busybox
     */
    public static void main(String[] arguments) throws IOException {
        EngineOptions options = EngineOptions.defaults()
                .withStore(Path.of(arguments[0]))
                .withStoreReserve(0)
                .withImages(List.of(Path.of(arguments[1])));
        ContainerSpec sleeper = ContainerSpec.of("busybox:1").withCommand("sleep", "1000");
        try (Engine engine = Engine.open(options)) {
            HostException failure = catchThrowableOfType(
                    HostException.class, () -> engine.start(sleeper.withSysctl("net.core.somaxconn", "12")));
            System.out.println("sysctl: " + failure.getMessage());
            try (Container first = engine.start(sleeper.withEnv("SECRET", "of the first"));
                    Container second = engine.start(sleeper)) {
                first.copyTo(new byte[10], "/first", 0644);
                Path process = processOfFirst();
                // To this JVM, which owns their user namespace, both are open: nothing else keeps them from the second
                // container.
                assertThat(process.resolve("root/first")).hasSize(10);

                // As what a container starts with, and as what is executed in it.
                look(second, process);
                try (Container third = engine.start(
                        sleeper.withCommand("sh", "-c", "ls " + process + "/root; cat " + process + "/environ"))) {
                    third.waitForExit(Duration.ofSeconds(20));
                    assertDenied(third.logs());
                }
                // But its own, whatever number that has.
                assertThat(second.exec("sh", "-c", "ls /proc/self/root && cat /proc/self/environ")
                                .exitCode())
                        .isZero();
                // Between folders as one file, not as a copy.
                assertThat(second.exec(
                                        "sh",
                                        "-c",
                                        "mkdir /a /b; echo moved > /a/file; ls -i /a/file | cut -d/ -f1; mv /a/file /b/file;"
                                                + " ls -i /b/file | cut -d/ -f1")
                                .stdout())
                        .matches("(?s)(\\d+ \n)\\1".replace("\\n", "\n"));
                assertThat(second.exec("sh", "-c", "kill -TERM " + outer(process))
                                .exitCode())
                        .isNotZero();
                assertThat(second.exec("sh", "-c", "echo 1 > /proc/sys/kernel/panic")
                                .exitCode())
                        .isNotZero();
            }
        }
        System.out.println("apart");
    }

    private static String outer(Path process) {
        return process.getFileName().toString();
    }

    private static void look(Container container, Path process) {
        assertThat(container.exec("cat", process + "/stat").stdout()).startsWith(outer(process) + " (sleep) ");
        assertDenied(container
                .exec("sh", "-c", "ls " + process + "/root 2>&1; cat " + process + "/environ 2>&1 | tr '\\0' ' '")
                .stdout());
    }

    private static void assertDenied(String said) {
        assertThat(said).contains("Permission denied").doesNotContain("first");
    }

    private static Path processOfFirst() {
        return ProcessHandle.allProcesses()
                .map(process -> Path.of("/proc", Long.toString(process.pid())))
                .filter(CoveredProc::isFirst)
                .findAny()
                .orElseThrow();
    }

    private static boolean isFirst(Path process) {
        try {
            return Files.readString(process.resolve("environ"), StandardCharsets.ISO_8859_1)
                    .contains(SECRET);
        } catch (IOException e) {
            return false;
        }
    }
}
