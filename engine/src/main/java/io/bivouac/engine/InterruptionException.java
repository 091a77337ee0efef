package io.bivouac.engine;

import org.apiguardian.api.API;

/**
 * The calling thread was interrupted while it waited. Its interrupt status is set; what it had begun is undone, what existed
 * before goes on.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public class InterruptionException extends BivouacException {
    private static final long serialVersionUID = 1L;

    /**
     * Describes what was interrupted.
     *
     * @param attempt the beginning of a sentence: {@code Starting the container db (image x) failed}
     */
    public InterruptionException(String attempt, Throwable cause) {
        super(attempt + ": the thread was interrupted.", cause);
    }
}
