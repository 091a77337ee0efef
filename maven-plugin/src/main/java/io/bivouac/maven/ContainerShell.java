package io.bivouac.maven;

import io.bivouac.engine.Container;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.ExecSpec.TerminalSize;
import java.io.IOException;
import java.io.PrintStream;
import org.apache.maven.plugin.MojoExecutionException;

/** Commands and shells in a container, on this process's own streams. */
final class ContainerShell {
    private static final int DEFAULT_COLUMNS = 80;
    private static final int DEFAULT_ROWS = 24;

    private final Container container;
    private final PrintStream out;
    private final PrintStream err;

    ContainerShell(Container container, PrintStream out, PrintStream err) {
        this.container = container;
        this.out = out;
        this.err = err;
    }

    /** Runs a command line by the container's shell; its exit code. */
    int run(String commandLine) {
        return container
                .exec(ExecSpec.of("sh", "-c", commandLine).withStdout(out).withStderr(err))
                .exitCode();
    }

    /** Opens a shell for whoever sits at the terminal, or for what comes in by a pipe. */
    int open() throws MojoExecutionException {
        ExecSpec shell = ExecSpec.of("sh").withStdin(System.in).withStdout(out).withStderr(err);
        if (!Terminal.isInteractive()) {
            return container.exec(shell).exitCode();
        }
        TerminalSize size = Terminal.size().orElse(new TerminalSize(DEFAULT_COLUMNS, DEFAULT_ROWS));
        ExecSpec onTerminal = shell.withTerminal(
                size, resize -> Terminal.onResize(() -> Terminal.size().ifPresent(resize)));
        try {
            Terminal terminal = Terminal.makeRaw();
            try {
                return container.exec(onTerminal).exitCode();
            } finally {
                terminal.close();
            }
        } catch (IOException e) {
            throw new MojoExecutionException("The terminal could not be set up: " + e.getMessage(), e);
        }
    }
}
