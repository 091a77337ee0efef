package io.bivouac.engine.core;

import io.bivouac.engine.oci.Digest;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the next container of a session is expected to be like: the last one. An image is expected once it was started twice in a
 * row: what was mounted for another one has to be removed, which takes longer than a start can gain.
 *
 * @param last layers of the last container's image, the lowest first; empty before there was any
 * @param again whether the one before had the same
 * @param shmSize bytes of the last container's shared memory
 */
record Expected(Optional<List<Digest>> last, boolean again, OptionalLong shmSize) {
    /** Before there was any; and where each container's files have a label of their own. */
    static final Expected NOTHING = new Expected(Optional.empty(), false, OptionalLong.empty());

    /** The layers that are expected. */
    Optional<List<Digest>> layers() {
        return again ? last : Optional.empty();
    }

    /** After a container was started. */
    Expected after(ContainerRun run) {
        if (run.labels().ofFiles().isPresent()) {
            return NOTHING;
        }
        Optional<List<Digest>> chain = Optional.of(run.image().chain());
        return new Expected(
                chain, chain.equals(last), OptionalLong.of(run.spec().shmSize()));
    }
}
