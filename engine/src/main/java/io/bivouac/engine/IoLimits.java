package io.bivouac.engine;

import org.apiguardian.api.API;

/**
 * How fast a container may use the disk its file system lies on. Writes that the kernel caches count when they reach the disk.
 *
 * @param readBytesPerSecond 0 for any
 * @param writeBytesPerSecond 0 for any
 * @param readsPerSecond operations, 0 for any
 * @param writesPerSecond operations, 0 for any
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record IoLimits(long readBytesPerSecond, long writeBytesPerSecond, long readsPerSecond, long writesPerSecond) {
    public IoLimits {
        if (readBytesPerSecond < 0 || writeBytesPerSecond < 0 || readsPerSecond < 0 || writesPerSecond < 0) {
            throw new ConfigurationException("A limit of a disk's speed is negative.");
        }
    }

    /** Limits throughput, in bytes a second each way; 0 for any. */
    public static IoLimits ofBytes(long read, long write) {
        return new IoLimits(read, write, 0, 0);
    }
}
