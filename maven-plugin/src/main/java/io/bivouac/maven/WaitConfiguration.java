package io.bivouac.maven;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/** One condition for readiness, as the POM writes it: exactly one of log, port, command, exit and healthcheck. */
public class WaitConfiguration {
    /** A regular expression found within a line of the log. */
    @Parameter
    private @Nullable String log;

    /** How many lines must match the log expression. */
    @Parameter
    private int times = 1;

    /** A TCP port something inside the container listens on. */
    @Parameter
    private @Nullable Integer port;

    /** A command, each {@code <arg>} an argument, that exits with 0 when run inside the container. */
    @Parameter
    private @Nullable List<String> command;

    /** The code the container's first process must exit with. */
    @Parameter
    private @Nullable Integer exit;

    /** Whether a check of the container's health, as its image has it, must have succeeded. */
    @Parameter
    private boolean healthcheck;

    /** Seconds this condition may take; default: the container's start-up timeout. */
    @Parameter
    private @Nullable Integer timeoutSeconds;

    Wait toWait(String where) {
        List<Wait> given = new ArrayList<>();
        if (log != null) {
            given.add(Wait.forLog(log).times(times));
        }
        if (port != null) {
            given.add(Wait.forPort(port));
        }
        if (command != null) {
            given.add(Wait.forCommand(command.toArray(String[]::new)));
        }
        if (exit != null) {
            given.add(Wait.forExit(exit));
        }
        if (healthcheck) {
            given.add(Wait.forHealthcheck());
        }
        if (given.size() != 1) {
            throw new ConfigurationException(where + ": a <wait> names " + given.size()
                    + " conditions. Name one of log, port, command, exit, healthcheck in each.");
        }
        Wait wait = given.get(0);
        return timeoutSeconds == null ? wait : wait.withTimeout(Duration.ofSeconds(timeoutSeconds));
    }
}
