package io.bivouac.engine;

import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/** What was asked for cannot be done: the caller's specification, annotation, property or image reference is wrong. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public class ConfigurationException extends BivouacException {
    private static final long serialVersionUID = 1L;

    public ConfigurationException(String message) {
        this(message, null);
    }

    public ConfigurationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
