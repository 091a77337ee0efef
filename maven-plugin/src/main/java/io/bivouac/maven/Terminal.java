package io.bivouac.maven;

import io.bivouac.engine.ExecSpec.TerminalSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import jnr.constants.platform.Signal;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;

/**
 * The user's terminal while a shell runs in a container: every key goes there as it is, and the shell hears when the window
 * changes. Closing restores what was set.
 */
final class Terminal {
    private static final String DEVICE = "/dev/tty";
    private static final int STDIN = 0;
    private static final int STDOUT = 1;

    private final String saved;

    private Terminal(String saved) {
        this.saved = saved;
    }

    /** Whether somebody sits there: both ends of this process are a terminal. */
    static boolean isInteractive() {
        POSIX posix = POSIXFactory.getNativePOSIX();
        return posix.isNative() && posix.isatty(STDIN) != 0 && posix.isatty(STDOUT) != 0;
    }

    /** Passes every key on unchanged from now on. */
    static Terminal makeRaw() throws IOException {
        Terminal terminal = new Terminal(stty("-g"));
        stty("raw", "-echo");
        return terminal;
    }

    static Optional<TerminalSize> size() {
        try {
            String[] numbers = stty("size").split(" ", -1);
            return numbers.length == 2
                    ? Optional.of(new TerminalSize(Integer.parseInt(numbers[1]), Integer.parseInt(numbers[0])))
                    : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Calls back whenever the window has changed, until this process ends. */
    static void onResize(Runnable callback) {
        POSIXFactory.getNativePOSIX().signal(Signal.SIGWINCH, number -> callback.run());
    }

    private static String stty(String... arguments) throws IOException {
        String[] command = new String[arguments.length + 3];
        command[0] = "stty";
        command[1] = "-F";
        command[2] = DEVICE;
        System.arraycopy(arguments, 0, command, 3, arguments.length);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
        try {
            if (process.waitFor() != 0) {
                throw new IOException("stty failed: " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while setting the terminal", e);
        }
        return output;
    }

    void close() throws IOException {
        stty(saved);
    }
}
