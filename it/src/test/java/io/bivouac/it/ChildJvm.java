package io.bivouac.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Another JVM on the same class path, to be killed, starved, or run as somebody else. */
final class ChildJvm implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final StringBuilder all = new StringBuilder();
    private final Thread reader;

    private ChildJvm(Process process) {
        this.process = process;
        this.reader = new Thread(this::read, "child-output");
        reader.setDaemon(true);
        reader.start();
    }

    /** How to start one. */
    static final class Builder {
        private final List<String> prefix = new ArrayList<>();
        private final List<String> options = new ArrayList<>();
        private final List<String> environment = new ArrayList<>();
        private String classPath = System.getProperty("java.class.path");

        /** A command that executes what follows it, such as setpriv. */
        Builder under(String... command) {
            prefix.addAll(List.of(command));
            return this;
        }

        Builder option(String option) {
            options.add(option);
            return this;
        }

        Builder environment(String assignment) {
            environment.add(assignment);
            return this;
        }

        Builder classPath(String path) {
            classPath = path;
            return this;
        }

        ChildJvm start(Class<?> main, String... arguments) throws IOException {
            List<String> command = new ArrayList<>(prefix);
            if (!environment.isEmpty()) {
                command.add("env");
                command.addAll(environment);
            }
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(options);
            command.addAll(List.of("-cp", classPath, main.getName()));
            command.addAll(List.of(arguments));
            return new ChildJvm(
                    new ProcessBuilder(command).redirectErrorStream(true).start());
        }
    }

    /** The class path copied to where every user can read it. */
    static String readableClassPath(Path folder) throws IOException {
        List<String> entries = new ArrayList<>();
        int number = 0;
        for (String entry : System.getProperty("java.class.path").split(":", -1)) {
            Path source = Path.of(entry);
            if (Files.exists(source)) {
                Path target = folder.resolve(number++ + "-" + source.getFileName());
                try {
                    Commands.run("cp", "-r", source.toString(), target.toString());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException(e);
                }
                entries.add(target.toString());
            }
        }
        return String.join(":", entries);
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
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    /** Waits for a line that begins so and returns the rest of it. */
    String await(String prefix) throws InterruptedException {
        for (String line; (line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)) != null; ) {
            if (line.startsWith(prefix)) {
                return line.substring(prefix.length());
            }
        }
        throw new AssertionError("the child never said '" + prefix + "' but:\n" + output());
    }

    /** Says something to it. */
    void say(String line) throws IOException {
        process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    /** Waits for its end: the exit code. */
    int join() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS * 3, TimeUnit.SECONDS)) {
            throw new AssertionError("the child does not end:\n" + output());
        }
        reader.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        return process.exitValue();
    }

    String output() {
        synchronized (all) {
            return all.toString();
        }
    }

    /** As {@code kill -9} does. */
    void kill() {
        process.destroyForcibly();
    }

    @Override
    public void close() {
        kill();
    }
}
