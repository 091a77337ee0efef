package io.bivouac.engine;

import io.bivouac.engine.oci.ImageReference;
import java.util.List;
import java.util.regex.Pattern;

/** What the fields of a specification may hold. Each rule throws {@link ConfigurationException} with a sentence. */
final class SpecRules {
    private static final String ALL = "ALL";
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}");
    /** Of namespaces a container has to itself, as far as it could not reach the host by them. */
    private static final Pattern SYSCTL =
            Pattern.compile("(net\\.|fs\\.mqueue\\.|kernel\\.(msg|sem|shm))[a-zA-Z0-9._/-]*");

    private static final Pattern HOSTNAME = Pattern.compile("[a-zA-Z0-9]([a-zA-Z0-9.-]{0,62}[a-zA-Z0-9])?");

    private static final Pattern APPARMOR_PROFILE = Pattern.compile("[!-~]{1,1024}");

    private SpecRules() {}

    /** A tag, a digest or an id. */
    static String image(String image) {
        if (!image.startsWith("sha256:")) {
            try {
                ImageReference.parse(image);
            } catch (IllegalArgumentException e) {
                throw new ConfigurationException(e.getMessage() + ".", e);
            }
        }
        return image;
    }

    static void requireName(String name) {
        require(
                NAME.matcher(name).matches(),
                "'" + name
                        + "' is not a container name: letters, digits, '_', '.', '-', at most 128, the first a letter or digit.");
    }

    static void requireHostname(String hostname) {
        require(
                HOSTNAME.matcher(hostname).matches(),
                "'" + hostname + "' is not a host name: letters, digits, '-', '.', at most 64.");
    }

    static void requireSysctl(String name) {
        require(
                SYSCTL.matcher(name).matches() && !name.contains(".."),
                "The sysctl '" + name
                        + "' is not the container's own: those of net., fs.mqueue., kernel.msg*, kernel.sem and"
                        + " kernel.shm* are.");
    }

    static void requireAppArmorProfile(String profile) {
        require(
                APPARMOR_PROFILE.matcher(profile).matches(),
                "'" + profile + "' is not the name of an AppArmor profile: aa-status lists those that are loaded.");
    }

    static void requireCapabilities(String... capabilities) {
        for (String capability : capabilities) {
            if (!capability.equalsIgnoreCase(ALL)) {
                Capability.parse(capability);
            }
        }
    }

    static List<String> withoutNul(List<String> words) {
        for (String word : words) {
            require(word.indexOf('\0') < 0, "An argument of the command holds a NUL character.");
        }
        return List.copyOf(words);
    }

    static void requirePort(int port) {
        require(port > 0 && port <= 65535, port + " is not a port (1 to 65535).");
    }

    static void require(boolean condition, String message) {
        if (!condition) {
            throw new ConfigurationException(message);
        }
    }
}
