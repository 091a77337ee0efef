package io.bivouac.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Programs of the host, run to their end. */
public final class Commands {
    private static final long MINUTES = 5;

    private Commands() {}

    /**
     * What a program did.
     *
     * @param code it exited with
     * @param output of both streams
     */
    public record Result(int code, String output) {}

    public static Result run(String... command) throws IOException, InterruptedException {
        return run(List.of(command));
    }

    public static Result run(List<String> command) throws IOException, InterruptedException {
        return finish(new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** Runs what has to succeed: what it said. */
    public static String output(List<String> command) throws IOException, InterruptedException {
        Result result = run(command);
        if (result.code() != 0) {
            throw new IOException(String.join(" ", command) + " failed: " + result.output());
        }
        return result.output();
    }

    /** Gives a program no input and waits for its end. */
    public static Result finish(Process process) throws IOException, InterruptedException {
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IOException(process.info().commandLine().orElse("a program") + " did not end: " + output);
        }
        return new Result(process.exitValue(), output);
    }
}
