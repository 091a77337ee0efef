package io.bivouac.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apiguardian.api.API;

/**
 * A started container. All methods may be called from any thread.
 *
 * <p>Copies see what the container sees while it runs (volumes and tmpfs included), its file system afterwards. Text is UTF-8
 * whatever the JVM's default.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public interface Container extends AutoCloseable {
    /** 64 hexadecimal digits. */
    String id();

    String name();

    ContainerSpec spec();

    Image image();

    ContainerState state();

    /** The address published ports are reached at from this process. */
    String host();

    /** The port of {@link #host()} that leads to this port of the container; an unpublished one throws, naming it. */
    int port(int containerPort);

    /** Runs a command to its end. */
    ExecResult exec(String... command);

    /** Runs a command to its end; a paused or ended container throws. */
    ExecResult exec(ExecSpec spec);

    /**
     * The output so far, with all that was written before this call, both streams as they arrived: what is written to one and then to the other within an instant may change
     * places. The oldest part is left out when it was too much, and that is said.
     */
    String logs();

    /** Delivers every line, those logged before and those to come, until closed or the container ends. */
    AutoCloseable follow(Consumer<LogLine> consumer);

    /**
     * Copies a file or a folder's content into the container, owned by root. A file's target is its new path, unless it ends
     * in {@code /} or is a folder; then the file keeps its name in there. Missing parents are made.
     */
    void copyTo(Path source, String target);

    /** Writes a file of this content and permission bits. */
    void copyTo(byte[] content, String target, int mode);

    /** Copies a file to exactly {@code target}, or a folder's content into the folder {@code target}. */
    void copyFrom(String source, Path target);

    /** What differs from the image, in order of path. What the engine provides ({@code /etc/hosts} and its like) is left out. */
    List<Change> diff();

    /** Makes an image of the container's file system as it is; the container goes on. */
    Image commit(String reference);

    /** Keeps aside what the container changed, as it is now. */
    Snapshot snapshot();

    /** Freezes every process. */
    void pause();

    void resume();

    /** Sends a signal to the first process: {@code KILL} or {@code SIGKILL}. */
    void signal(String name);

    /** Sends the stop signal, waits up to the stop timeout, then kills. The user space is kept. */
    void stop();

    /** Kills at once. The user space is kept. */
    void kill();

    /** Stops, if it runs, and starts again on the same user space, ports and address; returns when it is ready. */
    void restart();

    /** What its checks have found out; empty when neither the image nor the specification has a healthcheck. */
    Optional<Health> health();

    /** Waits for the first process to end; throws when it takes longer. */
    ExitStatus waitForExit(Duration timeout);

    /** What the container uses of the host at this moment. */
    Stats stats();

    /** Kills at once and discards the user space. Idempotent. */
    @Override
    void close();
}
