package io.bivouac.engine.core;

import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ExecResult;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.InterruptionException;
import io.bivouac.engine.LogSource;
import io.bivouac.engine.warden.ExecConnection;
import io.bivouac.engine.warden.ExitReport;
import io.bivouac.engine.warden.WardenException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Runs a started command to its end: feeds it, collects what it writes, keeps its time. */
final class ExecRunner {
    /** The most a result collects, in bytes of both streams; more must be streamed. */
    private static final int COLLECT_LIMIT = 64 << 20;

    private static final int BLOCK = 64 << 10;

    private final ExecSpec spec;
    private final String container;
    private final Threads threads;
    private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    private final AtomicBoolean timedOut = new AtomicBoolean();
    private final AtomicReference<@Nullable IOException> unreadable = new AtomicReference<>();

    ExecRunner(ExecSpec spec, String container, Threads threads) {
        this.spec = spec;
        this.container = container;
        this.threads = threads;
    }

    ExecResult run(ExecConnection connection) throws WardenException {
        Future<?> timer = startTimer(connection);
        spec.stdin().ifPresent(stdin -> threads.execute(() -> feed(stdin, connection)));
        if (spec.terminal().isPresent()) {
            spec.resizes().accept(size -> resize(size, connection));
        }
        try {
            ExitReport report = connection.await(this::take);
            return new Result(report.code(), stdout.toByteArray(), stderr.toByteArray());
        } catch (IOException e) {
            if (timedOut.get()) {
                throw new ContainerException(
                        "The command " + spec.command() + " in " + container + " was killed: it took longer than "
                                + spec.timeout().orElseThrow().toMillis() + " ms.");
            }
            IOException input = unreadable.get();
            if (input != null) {
                throw new ContainerException(
                        "The command " + spec.command() + " in " + container
                                + " was killed: its input could not be read (" + input.getMessage() + ").",
                        input);
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptionException("Running " + spec.command() + " in " + container + " ended", e);
            }
            if (e instanceof TooMuchOutputException) {
                throw new ContainerException(String.valueOf(e.getMessage()), e);
            }
            throw new ContainerException(
                    "The command " + spec.command() + " in " + container
                            + " was lost: its connection to the warden broke.",
                    e);
        } finally {
            if (timer != null) {
                timer.cancel(false);
            }
        }
    }

    private @Nullable Future<?> startTimer(ExecConnection connection) {
        if (spec.timeout().isEmpty()) {
            return null;
        }
        return threads.schedule(
                () -> {
                    timedOut.set(true);
                    connection.close();
                },
                spec.timeout().get());
    }

    /** On a thread of its own: the command may write more than the sockets hold before it reads. */
    private void feed(InputStream stdin, ExecConnection connection) {
        byte[] block = new byte[BLOCK];
        try {
            for (int count; (count = read(stdin, block)) >= 0; ) {
                connection.feed(block, count);
            }
            connection.endInput();
        } catch (IOException e) {
            if (unreadable.get() != null) {
                // Without an end of its input the command might wait for ever.
                connection.close();
            }
            // Otherwise the command has ended without reading everything, as any part of a pipeline may.
        }
    }

    private int read(InputStream stdin, byte[] block) throws IOException {
        try {
            return stdin.read(block);
        } catch (IOException | RuntimeException e) {
            IOException failure = e instanceof IOException io ? io : new IOException(e);
            unreadable.set(failure);
            throw failure;
        }
    }

    private static void resize(ExecSpec.TerminalSize size, ExecConnection connection) {
        try {
            connection.resize(size.columns(), size.rows());
        } catch (IOException e) {
            // The command has ended: its terminal has no size any more.
        }
    }

    /** Says that a result would not fit. */
    private static final class TooMuchOutputException extends IOException {
        private static final long serialVersionUID = 1L;

        private TooMuchOutputException(String message) {
            super(message);
        }
    }

    private void take(LogSource source, byte[] bytes) throws IOException {
        OutputStream given = (source == LogSource.STDOUT ? spec.stdout() : spec.stderr()).orElse(null);
        if (given != null) {
            given.write(bytes);
            given.flush();
            return;
        }
        if (stdout.size() + stderr.size() + bytes.length > COLLECT_LIMIT) {
            throw new TooMuchOutputException("The command " + spec.command() + " in " + container + " wrote more than "
                    + (COLLECT_LIMIT >> 20) + " MiB. Stream its output with ExecSpec.withStdout.");
        }
        (source == LogSource.STDOUT ? stdout : stderr).writeBytes(bytes);
    }

    private record Result(int exitCode, byte[] stdoutBytes, byte[] stderrBytes) implements ExecResult {
        @Override
        public String stdout() {
            return new String(stdoutBytes, StandardCharsets.UTF_8);
        }

        @Override
        public String stderr() {
            return new String(stderrBytes, StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            return "exit code " + exitCode + ", " + stdoutBytes.length + " bytes of output, " + stderrBytes.length
                    + " of errors";
        }
    }
}
