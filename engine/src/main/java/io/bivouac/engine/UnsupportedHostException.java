package io.bivouac.engine;

import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/**
 * This host cannot run containers at all: it is no Linux, its processor is unknown, or it denies namespaces. Test suites may
 * choose to skip then, with {@code bivouac.unsupported=skip}.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public class UnsupportedHostException extends HostException {
    private static final long serialVersionUID = 1L;

    public UnsupportedHostException(String message) {
        this(message, null);
    }

    public UnsupportedHostException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
