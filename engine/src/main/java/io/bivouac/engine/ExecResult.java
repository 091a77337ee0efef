package io.bivouac.engine;

import org.apiguardian.api.API;

/** What a command run inside a container wrote, and how it ended. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public interface ExecResult {
    /** The exit code, or 128 plus the signal's number. */
    int exitCode();

    /** Standard output as UTF-8. */
    String stdout();

    /** Standard error as UTF-8. */
    String stderr();

    byte[] stdoutBytes();

    byte[] stderrBytes();
}
