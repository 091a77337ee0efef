package io.bivouac.engine.layer;

import java.io.IOException;

/** The layers below one that is unpacked, perhaps still being unpacked themselves. */
@FunctionalInterface
public interface LayersBelow {
    /** Returns when all of them are there. */
    void await() throws IOException;
}
