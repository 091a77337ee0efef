package io.bivouac.maven;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.ContainerSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/** A container, as the POM writes it. */
public class ContainerConfiguration {
    /** Names the properties that tell of the container: {@code bivouac.NAME.host}, {@code bivouac.NAME.port.5432}. */
    @Parameter(required = true)
    private @Nullable String name;

    /** A tag, a digest or an image's id. */
    @Parameter(required = true)
    private @Nullable String image;

    /** Replaces the image's command. */
    @Parameter
    private @Nullable List<String> command;

    /** Replaces the image's entrypoint, and with it the image's command. */
    @Parameter
    private @Nullable List<String> entrypoint;

    /** Variables: {@code <env><POSTGRES_PASSWORD>test</POSTGRES_PASSWORD></env>}. */
    @Parameter
    private @Nullable Map<String, String> env;

    /** TCP ports to publish on free ports of 127.0.0.1. */
    @Parameter
    private @Nullable List<Integer> ports;

    /** The most memory the container may use, such as {@code 512m}; default: as much as the host has. */
    @Parameter
    private @Nullable String memory;

    /** Processors' worth of time the container may use, such as 1.5; default: all the host has. */
    @Parameter
    private @Nullable Double cpus;

    /** When the container is ready; all must hold. Default, with ports: that each is listened on. */
    @Parameter
    private @Nullable List<WaitConfiguration> waits;

    /** Seconds all waits together may take. */
    @Parameter
    private @Nullable Integer startupTimeoutSeconds;

    ContainerSpec toSpec() {
        if (name == null || image == null) {
            throw new ConfigurationException("A <container> needs a <name> and an <image>.");
        }
        ContainerSpec spec = ContainerSpec.of(image).withName(name);
        if (command != null) {
            spec = spec.withCommand(command);
        }
        if (entrypoint != null) {
            spec = spec.withEntrypoint(entrypoint);
        }
        if (env != null) {
            for (Map.Entry<String, String> variable : env.entrySet()) {
                // Maven reads an empty element as null.
                String value = variable.getValue();
                spec = spec.withEnv(variable.getKey(), value == null ? "" : value);
            }
        }
        if (ports != null) {
            spec = spec.withPorts(ports.stream().mapToInt(Integer::intValue).toArray());
        }
        if (memory != null) {
            spec = spec.withMemory(memory);
        }
        if (cpus != null) {
            spec = spec.withCpus(cpus);
        }
        if (waits != null) {
            for (WaitConfiguration wait : waits) {
                spec = spec.withWait(wait.toWait("Container " + name));
            }
        }
        return startupTimeoutSeconds == null
                ? spec
                : spec.withStartupTimeout(Duration.ofSeconds(startupTimeoutSeconds));
    }
}
