package io.bivouac.engine;

import java.time.Instant;
import org.apiguardian.api.API;

/**
 * One line of a container's output.
 *
 * @param time when its last part was written
 * @param source the stream it was written to
 * @param text decoded as UTF-8, without the line end
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record LogLine(Instant time, LogSource source, String text) {}
