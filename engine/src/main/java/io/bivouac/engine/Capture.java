package io.bivouac.engine;

import java.util.List;
import org.apiguardian.api.API;

/** The state of several containers at one instant, until it is written as a capsule or closed. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public interface Capture extends AutoCloseable {
    List<Container> containers();

    /** Discards what was kept aside. Idempotent. */
    @Override
    void close();
}
