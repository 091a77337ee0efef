package io.bivouac.engine.cgroup;

import io.bivouac.engine.Stats;
import io.bivouac.engine.warden.CgroupPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the kernel counts, read at once.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html#controllers">cgroup-v2, controllers</a>,
 *     <a href="https://docs.kernel.org/admin-guide/cgroup-v1/">cgroup-v1</a>
 */
public record CgroupStats(
        OptionalLong memory,
        OptionalLong memoryPeak,
        Optional<Duration> cpuTime,
        OptionalLong processes,
        OptionalLong processesPeak,
        OptionalLong readBytes,
        OptionalLong writtenBytes,
        OptionalLong outOfMemoryKills)
        implements Stats {
    private static final long NANOS_PER_MICRO = 1000;

    /** Reads the groups of a container, whichever of them has a value. */
    public static CgroupStats of(List<CgroupPlan> groups) {
        Folders files = new Folders(groups.stream()
                .filter(group -> !group.shared())
                .map(group -> Path.of(group.group().path()))
                .toList());
        OptionalLong micros = files.field("cpu.stat", "usage_usec");
        OptionalLong nanos = micros.isPresent()
                ? OptionalLong.of(micros.getAsLong() * NANOS_PER_MICRO)
                : files.number("cpuacct.usage");
        return new CgroupStats(
                first(files.number("memory.current"), files.number("memory.usage_in_bytes")),
                first(files.number("memory.peak"), files.number("memory.max_usage_in_bytes")),
                nanos.isPresent() ? Optional.of(Duration.ofNanos(nanos.getAsLong())) : Optional.empty(),
                files.number("pids.current"),
                files.number("pids.peak"),
                first(files.sum("io.stat", "rbytes="), files.sum("blkio.throttle.io_service_bytes", "Read ")),
                first(files.sum("io.stat", "wbytes="), files.sum("blkio.throttle.io_service_bytes", "Write ")),
                first(files.field("memory.events", "oom_kill"), files.field("memory.oom_control", "oom_kill")));
    }

    private static OptionalLong first(OptionalLong one, OptionalLong other) {
        return one.isPresent() ? one : other;
    }

    /** Files by name, in whichever folder has one. */
    private record Folders(List<Path> folders) {
        private Optional<String> text(String name) {
            for (Path folder : folders) {
                try {
                    return Optional.of(Files.readString(folder.resolve(name), StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    // Another hierarchy has it, or none.
                }
            }
            return Optional.empty();
        }

        private OptionalLong number(String name) {
            return text(name).map(String::strip).stream()
                    .filter(text -> text.matches("\\d{1,18}"))
                    .mapToLong(Long::parseLong)
                    .findFirst();
        }

        /** Of a line {@code key value}. */
        private OptionalLong field(String name, String key) {
            return text(name).stream()
                    .flatMap(String::lines)
                    .filter(line -> line.startsWith(key + " "))
                    .mapToLong(line ->
                            Long.parseLong(line.substring(key.length() + 1).strip()))
                    .findFirst();
        }

        /** Of what follows a word in each line, one for each disk; empty when there is no such file. */
        private OptionalLong sum(String name, String word) {
            Optional<String> text = text(name);
            if (text.isEmpty()) {
                return OptionalLong.empty();
            }
            return OptionalLong.of(text.get()
                    .lines()
                    .filter(line -> line.contains(" " + word))
                    .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(" " + word) + word.length() + 1)
                            .split(" ", 2)[0]))
                    .sum());
        }
    }
}
