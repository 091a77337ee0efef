package io.bivouac.engine;

import java.nio.file.Path;
import java.util.List;
import org.apiguardian.api.API;

/** Captures failed environments into capsules, and starts them again. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public interface Capsules {
    /**
     * Freezes all these containers at one instant, keeps aside what they changed and logged, and lets them go on. Containers
     * that have exited are captured as they are; closed ones are left out.
     */
    Capture capture(List<Container> containers);

    /**
     * Writes a capsule: an OCI image layout with one committed image for each container, and a document of the facts. It
     * appears whole or not at all.
     *
     * @param target a folder that does not exist yet
     * @throws ConfigurationException when the target exists
     */
    Capsule write(Capture capture, Failure failure, Path target);

    /** Reads a capsule and verifies it: every digest is checked. */
    Capsule read(Path capsule);

    /** The capsules directly in this folder, the oldest first; what is no capsule is left out. */
    List<Capsule> list(Path folder);

    /** Starts the containers of a capsule as they were, on the user space they had when the test failed. */
    List<Container> replay(Capsule capsule);
}
