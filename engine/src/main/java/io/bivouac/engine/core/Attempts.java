package io.bivouac.engine.core;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.ContainerException;
import io.bivouac.engine.HostException;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.InterruptionException;
import io.bivouac.engine.RegistryException;
import io.bivouac.engine.registry.RegistryFailure;
import io.bivouac.engine.store.SpaceException;
import io.bivouac.engine.warden.Errno;
import io.bivouac.engine.warden.FailureTranslation;
import io.bivouac.engine.warden.WardenException;
import io.bivouac.engine.warden.WardenFailure;
import io.bivouac.engine.warden.WardenLostException;
import io.bivouac.engine.wire.ProtocolException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Runs what may fail and says in one sentence what was tried and why it failed. */
final class Attempts {
    private Attempts() {}

    /** Something that speaks to the warden or touches files. */
    @FunctionalInterface
    interface Action<T> {
        T run() throws IOException, WardenException;
    }

    /** The same without a result. */
    @FunctionalInterface
    interface Task {
        void run() throws IOException, WardenException;
    }

    /**
     * @param attempt the beginning of a sentence: {@code Loading images from x failed}
     */
    static void run(String attempt, Task task) {
        call(attempt, () -> {
            task.run();
            return attempt;
        });
    }

    static <T> T call(String attempt, Action<T> action) {
        try {
            return action.run();
        } catch (WardenException e) {
            throw translate(attempt, e);
        } catch (WardenLostException | ProtocolException e) {
            throw unanswered(attempt, e);
        } catch (InterruptionException e) {
            throw new InterruptionException(attempt, e);
        } catch (RegistryFailure e) {
            throw new RegistryException(e.kind(), attempt + ": " + e.getMessage() + ".", e);
        } catch (IOException e) {
            // Interruption closes the channel that is waited on, whatever that looks like further up.
            throw Thread.currentThread().isInterrupted()
                    ? new InterruptionException(attempt, e)
                    : translate(attempt, e);
        }
    }

    /** What was tried, and that the warden had no answer to it, or a wrong one. */
    static InternalException unanswered(String attempt, InternalException e) {
        String reason = String.valueOf(e.getMessage());
        return new InternalException(attempt + ": " + Character.toLowerCase(reason.charAt(0)) + reason.substring(1), e);
    }

    private static BivouacException translate(String attempt, IOException e) {
        if (isFull(e)) {
            return new HostException(
                    attempt + ": the file system is full (" + e.getMessage()
                            + "). Free space there, or move the store with -Dbivouac.store=FOLDER.",
                    e);
        }
        if (e instanceof SpaceException) {
            return new HostException(attempt + ": " + e.getMessage() + ".", e);
        }
        if (e instanceof FileAlreadyExistsException exists) {
            return new ConfigurationException(
                    attempt + ": " + exists.getFile() + ". Choose another target or delete it.", e);
        }
        if (e instanceof NoSuchFileException missing) {
            return new ConfigurationException(attempt + ": " + missing.getFile() + " does not exist.", e);
        }
        return e instanceof FileSystemException other
                ? new HostException(attempt + ": " + reason(other) + ".", e)
                : new ConfigurationException(attempt + ": " + e.getMessage() + ".", e);
    }

    private static String reason(FileSystemException e) {
        return e.getFile() + ": " + (e.getReason() == null ? e.getClass().getSimpleName() : e.getReason());
    }

    private static boolean isFull(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("No space left on device") || message.contains("Disk quota exceeded");
    }

    static BivouacException translate(String attempt, WardenException e) {
        WardenFailure failure = e.failure();
        if (failure.is("execute the command")) {
            return new ContainerException(attempt + ": " + commandFailure(failure), e);
        }
        if (failure.is("read the tree") && failure.errno() == Errno.ENOENT) {
            return new ConfigurationException(
                    attempt + ": " + failure.object() + " does not exist in the container.", e);
        }
        if (failure.errno() == Errno.ESRCH) {
            return new ContainerException(attempt + ": it does not run.", e);
        }
        return FailureTranslation.translate(attempt, e);
    }

    private static String commandFailure(WardenFailure failure) {
        String command = failure.object();
        return switch (failure.errno()) {
            case Errno.ENOENT ->
                command.indexOf('/') < 0
                        ? "the command '" + command + "' was not found in the image: it is in no folder of PATH."
                        : "the command '" + command
                                + "' does not exist in the image, or the interpreter it names does not.";
            case Errno.EACCES ->
                "the command '" + command + "' may not be executed: make the file executable (chmod +x).";
            case Errno.ENOEXEC ->
                "the command '" + command
                        + "' is no program for this processor, or a script that does not begin with #! and its interpreter.";
            default -> "the command '" + command + "' could not be executed: " + Errno.text(failure.errno()) + ".";
        };
    }
}
