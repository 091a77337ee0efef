package io.bivouac.engine;

import io.bivouac.engine.oci.Digest;
import java.util.Map;
import java.util.Optional;
import org.apiguardian.api.API;

/**
 * A container as a capsule records it.
 *
 * @param name it was known by
 * @param spec it was started with
 * @param image the manifest of its committed image, in the capsule
 * @param pristine the manifest of the image it was started from
 * @param ports container ports and the host ports they were published on
 * @param state at the capture
 * @param exitCodeOrNull when it had exited
 * @param healthOrNull when it had a healthcheck
 * @param exact whether every process stood still during the capture
 * @param logs output up to the capture
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record CapturedContainer(
        String name,
        ContainerSpec spec,
        Digest image,
        Digest pristine,
        Map<Integer, Integer> ports,
        ContainerState state,
        @org.jspecify.annotations.Nullable Integer exitCodeOrNull,
        @org.jspecify.annotations.Nullable Health healthOrNull,
        boolean exact,
        String logs) {
    public CapturedContainer {
        ports = Map.copyOf(ports);
    }

    public Optional<Integer> exitCode() {
        return Optional.ofNullable(exitCodeOrNull);
    }

    public Optional<Health> health() {
        return Optional.ofNullable(healthOrNull);
    }
}
