package io.bivouac.engine;

import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/** This host lacks something, or denies it: a kernel feature, a privilege, space, a writable store. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public class HostException extends BivouacException {
    private static final long serialVersionUID = 1L;

    public HostException(String message) {
        this(message, null);
    }

    public HostException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
