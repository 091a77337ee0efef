package io.bivouac.engine;

import java.util.List;
import java.util.Locale;
import org.apiguardian.api.API;

/**
 * A limit of each process, see getrlimit(2).
 *
 * @param name {@code nofile}, {@code stack}, …
 * @param soft -1 for none
 * @param hard -1 for none
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record Ulimit(String name, long soft, long hard) {
    /** In the order of the kernel's numbers, the same on x86-64 and aarch64. */
    private static final List<String> NAMES = List.of(
            "cpu",
            "fsize",
            "data",
            "stack",
            "core",
            "rss",
            "nproc",
            "nofile",
            "memlock",
            "as",
            "locks",
            "sigpending",
            "msgqueue",
            "nice",
            "rtprio",
            "rttime");

    public Ulimit {
        name = name.toLowerCase(Locale.ROOT);
        if (!NAMES.contains(name)) {
            throw new ConfigurationException(
                    "'" + name + "' is not a limit of processes: " + String.join(", ", NAMES) + ".");
        }
        if (soft < -1 || hard < -1 || (hard != -1 && (soft == -1 || soft > hard))) {
            throw new ConfigurationException("The limit " + name + " of " + soft + ":" + hard
                    + " is wrong: both at least 0, or -1 for none, and the first not above the second.");
        }
    }

    /** The kernel's number. */
    public int number() {
        return NAMES.indexOf(name);
    }
}
