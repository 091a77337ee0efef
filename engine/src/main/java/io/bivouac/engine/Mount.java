package io.bivouac.engine;

import java.nio.file.Path;
import org.apiguardian.api.API;

/** Something mounted into a container's file system. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public sealed interface Mount {
    /** The absolute path inside the container. */
    String target();

    /**
     * A file or folder of the host, seen inside with what is mounted beneath it.
     *
     * @param source on the host; must exist
     * @param target inside the container; made when missing
     * @param readOnly whether the container may not write to it
     */
    record Bind(Path source, String target, boolean readOnly) implements Mount {
        public Bind {
            source = source.toAbsolutePath().normalize();
            requireAbsolute(target);
        }
    }

    /**
     * An empty folder in memory, lost when the container ends.
     *
     * @param target inside the container; made when missing
     * @param size the most it may hold, in bytes; 0 for half of the host's memory
     */
    record Tmpfs(String target, long size) implements Mount {
        public Tmpfs {
            requireAbsolute(target);
            if (size < 0) {
                throw new ConfigurationException(
                        "The size of the tmpfs at " + target + " is negative: " + size + " bytes.");
            }
        }
    }

    private static void requireAbsolute(String target) {
        if (!target.startsWith("/")) {
            throw new ConfigurationException(
                    "The mount target '" + target + "' is not an absolute path inside the container.");
        }
    }
}
