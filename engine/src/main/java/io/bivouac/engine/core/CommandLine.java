package io.bivouac.engine.core;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.oci.ImageConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is executed: entrypoint and command, the environment, and where a program is looked for. */
final class CommandLine {
    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final String PATH = "PATH";

    private CommandLine() {}

    /** A given entrypoint replaces the image's, and with it the image's command. */
    static List<String> arguments(ContainerSpec spec, ImageConfig image) {
        List<String> arguments = new ArrayList<>(spec.entrypoint().orElse(image.entrypoint()));
        List<String> imageCommand = spec.entrypoint().isPresent() ? List.of() : image.command();
        arguments.addAll(spec.command().orElse(imageCommand));
        if (arguments.isEmpty()) {
            throw new ConfigurationException(
                    "The image " + spec.image() + " names no command. Give one with withCommand.");
        }
        return arguments;
    }

    /** Variables of the image, then of the specification, over what every process has. */
    static Map<String, String> environment(ContainerSpec spec, ImageConfig image, String hostname, String home) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put(PATH, DEFAULT_PATH);
        environment.put("HOSTNAME", hostname);
        environment.put("HOME", home);
        environment.putAll(image.environment());
        environment.putAll(spec.env());
        return environment;
    }

    static List<String> format(Map<String, String> environment) {
        return environment.entrySet().stream()
                .map(variable -> variable.getKey() + "=" + variable.getValue())
                .toList();
    }

    /** The paths to try for a program: itself when it names a path, else one for each folder of {@code PATH}. */
    static List<String> candidates(String program, Map<String, String> environment) {
        if (program.isEmpty()) {
            throw new ConfigurationException("The command's program is an empty string.");
        }
        if (program.indexOf('/') >= 0) {
            return List.of(program);
        }
        List<String> candidates = new ArrayList<>();
        for (String folder : environment.getOrDefault(PATH, DEFAULT_PATH).split(":", -1)) {
            candidates.add((folder.isEmpty() ? "." : folder) + "/" + program);
        }
        return candidates;
    }
}
