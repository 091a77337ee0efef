package io.bivouac.engine;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.apiguardian.api.API;

/** A failed environment on disk. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public interface Capsule {
    /** The layout's folder. */
    Path path();

    /** Bytes on disk. */
    long size();

    Instant created();

    /** What failed. */
    Failure failure();

    List<CapturedContainer> containers();
}
