package io.bivouac.engine.warden;

/** A request the warden answered with a failure; whoever knows the context turns it into a public exception. */
public final class WardenException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient WardenFailure failure;

    public WardenException(WardenFailure failure) {
        super(failure.toString());
        this.failure = failure;
    }

    public WardenFailure failure() {
        return failure;
    }
}
