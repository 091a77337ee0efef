package io.bivouac.engine;

import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/** Bivouac failed: a process of its own ended or broke the protocol. Please report it. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public class InternalException extends BivouacException {
    private static final long serialVersionUID = 1L;

    public InternalException(String message) {
        this(message, null);
    }

    public InternalException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
