package io.bivouac.engine.lsm;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the security modules of the host are told about one container; nothing where none is active. Under SELinux its processes
 * and files carry two categories that no other container has, so that a process that breaks out of one reaches no file of
 * another's ("sVirt").
 */
public final class ContainerLabels implements AutoCloseable {
    /** What every container may read and execute, and none may write. */
    static final String OF_LAYERS = "system_u:object_r:container_ro_file_t:s0";

    private static final ContainerLabels NONE = new ContainerLabels(null, null);

    private final @Nullable String appArmor;
    private final CategoryClaims.@Nullable Claim claim;

    ContainerLabels(@Nullable String appArmor, CategoryClaims.@Nullable Claim claim) {
        this.appArmor = appArmor;
        this.claim = claim;
    }

    public static ContainerLabels none() {
        return NONE;
    }

    static String ofProcesses(CategoryPair pair) {
        return "system_u:system_r:container_t:s0:" + pair;
    }

    static String ofFiles(CategoryPair pair) {
        return "system_u:object_r:container_file_t:s0:" + pair;
    }

    /** The AppArmor profile of its processes. */
    public Optional<String> appArmor() {
        return Optional.ofNullable(appArmor);
    }

    /** The SELinux context of its processes. */
    public Optional<String> ofProcesses() {
        return Optional.ofNullable(claim).map(held -> ofProcesses(held.pair()));
    }

    /** The SELinux context of its files. */
    public Optional<String> ofFiles() {
        return Optional.ofNullable(claim).map(held -> ofFiles(held.pair()));
    }

    /** Gives the categories back; the container is gone. */
    @Override
    public void close() throws IOException {
        if (claim != null && claim.lock().isValid()) {
            claim.lock().release();
        }
    }
}
