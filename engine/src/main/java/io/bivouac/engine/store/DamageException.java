package io.bivouac.engine.store;

import io.bivouac.engine.oci.Digest;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Something in the store is not what it was when it was written. */
public final class DamageException extends IOException {
    private static final long serialVersionUID = 1L;
    private static final String CURE = ": mend it with mvn bivouac:images -Dbivouac.verify";

    private final String reason;

    private DamageException(String message, String reason, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    static DamageException ofEntry(Path file, String reason, @Nullable Throwable cause) {
        return new DamageException("the store's file " + file + " is damaged (" + reason + ")" + CURE, reason, cause);
    }

    static DamageException ofMissingBlob(Digest digest, @Nullable Throwable cause) {
        return new DamageException(
                "the store holds no blob " + digest + ", which an image of it needs" + CURE, "it is missing", cause);
    }

    static DamageException ofImage(Digest digest, String reason, @Nullable Throwable cause) {
        return new DamageException("image " + digest + " is malformed: " + reason, reason, cause);
    }

    /** What is wrong, without where and what to do. */
    String reason() {
        return reason;
    }
}
