package io.bivouac.engine.warden;

import io.bivouac.engine.HostException;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.wire.Frame;
import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.WireWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The guardian, and behind it the warden: the processes of one session. They notice the end of this JVM by themselves, however
 * it comes; closing ends them in good order.
 */
public final class WardenProcess implements AutoCloseable {
    private static final long END_SECONDS = 20;
    private static final int BUSY_ATTEMPTS = 500;
    private static final long BUSY_MILLISECONDS = 10;

    private final Process guardian;
    private final SessionPlan plan;

    private WardenProcess(Process guardian, SessionPlan plan) {
        this.guardian = guardian;
        this.plan = plan;
    }

    /** Starts a session and waits until it serves. */
    public static WardenProcess start(Path binary, SessionPlan plan) throws WardenException {
        Process guardian = spawn(binary, "guardian");
        try {
            WireWriter request = Requests.session(plan);
            OutputStream stdin = guardian.getOutputStream();
            stdin.write(request.buffer(), 0, request.length());
            stdin.flush();
            Optional<Frame> answer = Frame.read(guardian.getInputStream());
            if (answer.isEmpty()) {
                throw new WardenLostException("The guardian ended before it answered, with code " + guardian.waitFor()
                        + ". Its program is " + binary + ".");
            }
            if (answer.get().type() == FrameType.FAILED) {
                throw new WardenException(WardenFailure.decode(answer.get().reader()));
            }
            return new WardenProcess(guardian, plan);
        } catch (IOException e) {
            endOfInput(guardian);
            throw new WardenLostException("The guardian cannot be spoken to (" + e.getMessage() + ").", e);
        } catch (InterruptedException e) {
            endOfInput(guardian);
            Thread.currentThread().interrupt();
            throw new InternalException("Interrupted while starting a session.", e);
        }
    }

    /** Its stdout and stderr are pipes of its own: those of this JVM may be somebody's channel (Surefire's is). */
    static Process spawn(Path binary, String role) {
        for (int attempt = 1; ; attempt++) {
            try {
                return tryToSpawn(binary, role);
            } catch (IOException e) {
                if (!isBusy(e) || attempt == BUSY_ATTEMPTS) {
                    throw new HostException(
                            "The warden " + binary + " could not be executed: " + e.getMessage() + ". "
                                    + Remedies.EXECUTION,
                            e);
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(BUSY_MILLISECONDS));
            }
        }
    }

    /**
     * A program that was just written cannot be executed while a process that was forked meanwhile, by whatever thread of this
     * JVM, still holds the descriptor it was written through: until that executes its own program, and nobody tells when. JDKs
     * differ in how they say it: {@code error=26, Text file busy} and, since 25, {@code error: 26 (Text file busy)}.
     */
    private static boolean isBusy(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("error=" + Errno.ETXTBSY + ",") || message.contains("error: " + Errno.ETXTBSY + " ");
    }

    private static Process tryToSpawn(Path binary, String role) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(binary.toString(), role);
        builder.environment().clear();
        builder.directory(Path.of("/").toFile());
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        return builder.start();
    }

    /** It ends then, and takes away what it has made. */
    private static void endOfInput(Process guardian) {
        try {
            guardian.getOutputStream().close();
        } catch (IOException e) {
            // The pipe is broken: it has ended already.
        }
    }

    public SessionPlan plan() {
        return plan;
    }

    public boolean isAlive() {
        return guardian.isAlive();
    }

    /** Whether it has ended or does so within a second, as a guardian does whose warden is gone. */
    public boolean isEnding() {
        try {
            return guardian.waitFor(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !guardian.isAlive();
        }
    }

    public long guardianPid() {
        return guardian.pid();
    }

    /** Ends every process of the session and returns when nothing of it is left, at most after {@value #END_SECONDS} s. */
    @Override
    public void close() {
        boolean interrupted = false;
        endOfInput(guardian);
        for (long left = TimeUnit.SECONDS.toNanos(END_SECONDS), end = System.nanoTime() + left;
                left > 0;
                left = end - System.nanoTime()) {
            try {
                if (guardian.waitFor(left, TimeUnit.NANOSECONDS)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
