package io.bivouac.engine.registry;

import io.bivouac.engine.RegistryException.Kind;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What went wrong with a registry: its message says that and what to do, as the rest of a sentence. */
public final class RegistryFailure extends IOException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    RegistryFailure(Kind kind, String message) {
        this(kind, message, null);
    }

    RegistryFailure(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
