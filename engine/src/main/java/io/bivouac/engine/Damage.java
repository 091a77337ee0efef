package io.bivouac.engine;

import org.apiguardian.api.API;

/**
 * Something in the store that was not what it was when it was written.
 *
 * @param object what it is: {@code postgres:15}, or a file of the store
 * @param problem what was wrong with it
 * @param outcome what has become of it
 * @param remark how it was mended, or why it could not be and how to have it again
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record Damage(String object, String problem, Outcome outcome, String remark) {
    /** What has become of something damaged. */
    public enum Outcome {
        /** It is whole again. */
        MENDED,
        /** It is gone. */
        REMOVED,
        /** It is as it was: its registry could not be asked. */
        REMAINS
    }
}
