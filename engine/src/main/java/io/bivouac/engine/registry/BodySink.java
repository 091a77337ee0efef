package io.bivouac.engine.registry;

import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;

/** Takes the content of an answer as it arrives, on the thread that receives it. */
interface BodySink {
    /** Looks at the head of an answer; false when its content is not what the sink is for. */
    boolean begin(int status, HttpHeaders headers) throws IOException;

    void accept(ByteBuffer bytes) throws IOException;
}
