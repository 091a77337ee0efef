package io.bivouac.engine.lsm;

import io.bivouac.engine.ContainerSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Decides how containers are labelled. */
public final class Labeller {
    private static final Path SYSFS = Path.of("/sys");

    private final SecurityModules modules;
    private final CategoryClaims claims;

    Labeller(SecurityModules modules, CategoryClaims claims) {
        this.modules = modules;
        this.claims = claims;
    }

    /**
     * For the modules of this host.
     *
     * @param claims the file that tells which categories are in use
     */
    public static Labeller ofHost(Path claims) {
        return new Labeller(SecurityModules.of(SYSFS), new CategoryClaims(claims));
    }

    private boolean isSelinuxActive() {
        return modules.selinux() == SecurityModules.Selinux.ACTIVE;
    }

    /** The modules that label containers here, in words. */
    public String describe() {
        String selinux = switch (modules.selinux()) {
            case ABSENT -> "";
            case WITHOUT_CONTAINERS ->
                "none; SELinux is active, but its policy has no types for containers (in packages often named"
                        + " container-selinux)";
            case ACTIVE -> "SELinux";
        };
        String names = (modules.appArmor() ? "AppArmor" : "") + selinux;
        return names.isEmpty() ? "none" : names;
    }

    /**
     * The SELinux context of unpacked layers. Programs of a container are mapped from there, beneath its overlay, and the kernel
     * checks that against this label.
     */
    public Optional<String> ofLayers() {
        return isSelinuxActive() ? Optional.of(ContainerLabels.OF_LAYERS) : Optional.empty();
    }

    /** The labels of a new container; a privileged one is confined by none. */
    public ContainerLabels label(ContainerSpec spec) throws IOException {
        String profile = modules.appArmor() ? spec.appArmor().orElse(null) : null;
        boolean separate = isSelinuxActive() && !spec.privileged();
        return profile == null && !separate
                ? ContainerLabels.none()
                : new ContainerLabels(profile, separate ? claims.claim() : null);
    }
}
