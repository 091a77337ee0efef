package io.bivouac.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A running program that tests talk with line by line, and that they may kill. */
public final class Child implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final StringBuilder all = new StringBuilder();
    private final Thread reader;
    private volatile boolean killed;

    Child(Process process) {
        this.process = process;
        this.reader = new Thread(this::read, "child-output");
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line; (line = in.readLine()) != null; ) {
                synchronized (all) {
                    all.append(line).append('\n');
                }
                lines.add(line);
            }
        } catch (IOException e) {
            // Killing it closes its output under the one who reads.
            if (!killed) {
                throw new UncheckedIOException(e);
            }
        }
    }

    long pid() {
        return process.pid();
    }

    /** Waits for a line that begins so and returns the rest of it. */
    public String await(String prefix) throws InterruptedException {
        for (String line; (line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)) != null; ) {
            if (line.startsWith(prefix)) {
                return line.substring(prefix.length());
            }
        }
        throw new AssertionError("the child never said '" + prefix + "' but:\n" + output());
    }

    /** Says something to it. */
    public void say(String line) throws IOException {
        process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    /** Waits for its end: the exit code. */
    int join() throws InterruptedException {
        return join(Duration.ofSeconds(PATIENCE_SECONDS * 3));
    }

    int join(Duration patience) throws InterruptedException {
        if (!process.waitFor(patience.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("the child does not end:\n" + output());
        }
        reader.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        return process.exitValue();
    }

    /** Ends what it is told, and waits for its end. */
    public int end() throws IOException, InterruptedException {
        process.getOutputStream().close();
        return join();
    }

    String output() {
        synchronized (all) {
            return all.toString();
        }
    }

    /** As {@code kill -9} does; what it has said can still be read. */
    void kill() {
        killed = true;
        process.toHandle().destroyForcibly();
    }

    /** As {@code kill} does. */
    void terminate() {
        process.toHandle().destroy();
    }

    @Override
    public void close() {
        kill();
    }
}
