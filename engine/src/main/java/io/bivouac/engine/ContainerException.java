package io.bivouac.engine;

import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/** A container failed: its command was not found, it ended before it was ready, or it never became ready. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public class ContainerException extends BivouacException {
    private static final long serialVersionUID = 1L;

    public ContainerException(String message) {
        this(message, null);
    }

    public ContainerException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
