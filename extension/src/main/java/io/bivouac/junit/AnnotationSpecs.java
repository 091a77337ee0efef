package io.bivouac.junit;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Wait;
import java.util.ArrayList;
import java.util.List;

/** Turns annotations into specifications. Everything that can be wrong is found here, before anything is started. */
final class AnnotationSpecs {
    private AnnotationSpecs() {}

    /**
     * Reads an annotation.
     *
     * @param where for messages: {@code @Provision on OrdersTest.db}
     * @param defaultName of the field or parameter
     */
    static ContainerSpec of(Provision provision, String where, String defaultName) {
        if (provision.image().isBlank()) {
            throw new ConfigurationException(
                    where + ": the image is empty. Name one, such as image = \"postgres:15\".");
        }
        try {
            return build(provision, where, defaultName);
        } catch (ConfigurationException e) {
            String message = String.valueOf(e.getMessage());
            throw message.startsWith(where) ? e : new ConfigurationException(where + ": " + message, e);
        }
    }

    private static ContainerSpec build(Provision provision, String where, String defaultName) {
        ContainerSpec spec = ContainerSpec.of(provision.image())
                .withName(provision.name().isEmpty() ? defaultName : provision.name())
                .withPorts(provision.ports());
        if (provision.command().length > 0) {
            spec = spec.withCommand(provision.command());
        }
        if (provision.entrypoint().length > 0) {
            spec = spec.withEntrypoint(provision.entrypoint());
        }
        for (String variable : provision.env()) {
            int equals = variable.indexOf('=');
            if (equals <= 0) {
                throw new ConfigurationException(where + ": '" + variable + "' is not a variable. Write KEY=value.");
            }
            spec = spec.withEnv(variable.substring(0, equals), variable.substring(equals + 1));
        }
        if (!provision.memory().isEmpty()) {
            spec = spec.withMemory(provision.memory());
        }
        if (provision.cpus() != 0) {
            spec = spec.withCpus(provision.cpus());
        }
        for (WaitFor waitFor : provision.waitFor()) {
            spec = spec.withWait(wait(waitFor, where));
        }
        return Durations.parse(provision.startupTimeout(), where)
                .map(spec::withStartupTimeout)
                .orElse(spec);
    }

    private static Wait wait(WaitFor waitFor, String where) {
        List<Wait> given = new ArrayList<>();
        if (!waitFor.log().isEmpty()) {
            given.add(Wait.forLog(waitFor.log()).times(waitFor.times()));
        }
        if (waitFor.port() != 0) {
            given.add(Wait.forPort(waitFor.port()));
        }
        if (waitFor.command().length > 0) {
            given.add(Wait.forCommand(waitFor.command()));
        }
        if (waitFor.exit() >= 0) {
            given.add(Wait.forExit(waitFor.exit()));
        }
        if (waitFor.healthcheck()) {
            given.add(Wait.forHealthcheck());
        }
        if (given.size() != 1) {
            throw new ConfigurationException(where + ": a @WaitFor names " + given.size()
                    + " conditions. Name one of log, port, command, exit, healthcheck in each.");
        }
        Wait wait = given.get(0);
        return Durations.parse(waitFor.timeout(), where).map(wait::withTimeout).orElse(wait);
    }
}
