package io.bivouac.engine.warden;

import io.bivouac.engine.wire.WireReader;

/**
 * What the warden says when something failed.
 *
 * @param operation what it tried, in words that {@link FailureTranslation} knows
 * @param syscall the system call that failed, or empty
 * @param errno see errno(3)
 * @param object on what: a path, a name, an address
 */
public record WardenFailure(String operation, String syscall, int errno, String object) {
    static WardenFailure decode(WireReader in) {
        WardenFailure failure = take(in);
        in.finish();
        return failure;
    }

    static WardenFailure take(WireReader in) {
        return new WardenFailure(in.takeText(), in.takeText(), in.takeInt(), in.takeText());
    }

    public boolean is(String name) {
        return operation.equals(name);
    }

    /** {@code mount the overlay (mount) on lowerdir=…: invalid argument (EINVAL)}. */
    @Override
    public String toString() {
        return operation + (syscall.isEmpty() ? "" : " (" + syscall + ")") + (object.isEmpty() ? "" : " on " + object)
                + ": " + Errno.text(errno);
    }
}
