package io.bivouac.engine;

import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/** A registry has not given, or not taken, what was asked for; {@link #kind()} tells why. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public class RegistryException extends BivouacException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    /** Why, and with that, who can mend it. */
    public enum Kind {
        /** The registry has no such repository, tag or digest. */
        NOT_FOUND,
        /** It wants other credentials than it was given, or any. */
        NOT_ALLOWED,
        /** No connection comes about, or it breaks again and again. */
        UNREACHABLE,
        /** It wants to be left alone for a while. */
        RATE_LIMITED,
        /** What it sent is not what its digest, its size or its format promise. */
        CORRUPT,
        /** It led to where nothing may be sent: to another site with credentials, from https to http, to a host's own addresses. */
        UNSAFE,
        /** It answered with an error of its own, or not as a registry does. */
        FAILED
    }

    public RegistryException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
