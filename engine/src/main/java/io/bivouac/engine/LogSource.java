package io.bivouac.engine;

import org.apiguardian.api.API;

/** The stream a container's output was written to. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public enum LogSource {
    STDOUT,
    STDERR
}
