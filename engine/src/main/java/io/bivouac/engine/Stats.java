package io.bivouac.engine;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.apiguardian.api.API;

/** What a container uses of the host, as far as this host counts it; values are empty where it does not. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public interface Stats {
    /** Bytes of memory, with what the kernel caches of its files. */
    OptionalLong memory();

    /** The most bytes of memory it ever had. */
    OptionalLong memoryPeak();

    /** Processor time of all its processes, those that have ended too. */
    Optional<Duration> cpuTime();

    /** Processes and threads. */
    OptionalLong processes();

    /** The most processes and threads it ever had at once; Linux 6.1 and newer with cgroup v2. */
    OptionalLong processesPeak();

    /** Bytes read from disks. */
    OptionalLong readBytes();

    /** Bytes written to disks. */
    OptionalLong writtenBytes();

    /** Processes the kernel has killed for want of memory. */
    OptionalLong outOfMemoryKills();
}
