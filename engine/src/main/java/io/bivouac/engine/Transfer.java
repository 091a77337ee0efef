package io.bivouac.engine;

import org.apiguardian.api.API;

/**
 * How far a pull or push has come.
 *
 * @param direction from a registry or to one
 * @param reference of the image, as it was asked for
 * @param bytes transferred, or found to be there already
 * @param total bytes of the whole image
 * @param done whether it has ended well, which is told last and once
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record Transfer(Direction direction, String reference, long bytes, long total, boolean done) {
    /** Which way. */
    public enum Direction {
        PULL,
        PUSH
    }
}
