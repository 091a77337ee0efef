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

    /** The modules that label containers here, in words. */
    public String describe() {
        String names = (modules.appArmor() ? "AppArmor" : "") + (modules.selinux() ? "SELinux" : "");
        return names.isEmpty() ? "none" : names;
    }

    /**
     * The SELinux context of unpacked layers. Programs of a container are mapped from there, beneath its overlay, and the kernel
     * checks that against this label.
     */
    public Optional<String> ofLayers() {
        return modules.selinux() ? Optional.of(ContainerLabels.OF_LAYERS) : Optional.empty();
    }

    /** The labels of a new container; a privileged one is confined by none. */
    public ContainerLabels label(ContainerSpec spec) throws IOException {
        String profile = modules.appArmor() ? spec.appArmor().orElse(null) : null;
        boolean separate = modules.selinux() && !spec.privileged();
        return profile == null && !separate
                ? ContainerLabels.none()
                : new ContainerLabels(profile, separate ? claims.claim() : null);
    }
}
