package io.bivouac.engine;

import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/**
 * The root of every failure of Bivouac. The subclass tells who can mend it; the message says what was tried, on what, why it
 * failed and what to do next.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public abstract class BivouacException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    protected BivouacException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
