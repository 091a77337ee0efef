package io.bivouac.engine;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/**
 * Says which command to run inside a container, and how. Immutable: every {@code with} method returns a changed copy.
 *
 * <pre>{@code
 * container.exec(ExecSpec.of("psql", "-f", "-").withUser("postgres").withStdin(script));
 * }</pre>
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public final class ExecSpec {
    private final List<String> command;
    private final Map<String, String> env;
    private final @Nullable String workingDir;
    private final @Nullable String user;
    private final @Nullable InputStream stdin;
    private final @Nullable OutputStream stdout;
    private final @Nullable OutputStream stderr;
    private final @Nullable Duration timeout;
    private final @Nullable TerminalSize terminal;
    private final Consumer<Consumer<TerminalSize>> resizes;

    private ExecSpec(Builder builder) {
        this.command = List.copyOf(builder.command);
        this.env = Collections.unmodifiableMap(new LinkedHashMap<>(builder.env));
        this.workingDir = builder.workingDir;
        this.user = builder.user;
        this.stdin = builder.stdin;
        this.stdout = builder.stdout;
        this.stderr = builder.stderr;
        this.timeout = builder.timeout;
        this.terminal = builder.terminal;
        this.resizes = builder.resizes;
    }

    /** A command and its arguments, found in the container's {@code PATH}; no shell interprets them. */
    public static ExecSpec of(String... command) {
        return of(List.of(command));
    }

    public static ExecSpec of(List<String> command) {
        if (command.isEmpty()) {
            throw new ConfigurationException("exec needs a command: the list is empty.");
        }
        Builder builder = new Builder(command);
        return new ExecSpec(builder);
    }

    /** Adds a variable to those the container was started with. */
    public ExecSpec withEnv(String key, String value) {
        Builder builder = new Builder(this);
        builder.env.put(key, value);
        return new ExecSpec(builder);
    }

    public ExecSpec withEnv(Map<String, String> variables) {
        Builder builder = new Builder(this);
        builder.env.putAll(variables);
        return new ExecSpec(builder);
    }

    /** An absolute path; default: the container's working directory. */
    public ExecSpec withWorkingDir(String path) {
        Builder builder = new Builder(this);
        builder.workingDir = path;
        return new ExecSpec(builder);
    }

    /** {@code user[:group]}, names or numbers; default: the container's user. */
    public ExecSpec withUser(String name) {
        Builder builder = new Builder(this);
        builder.user = name;
        return new ExecSpec(builder);
    }

    /** Feeds these bytes to the command; default: an empty input. */
    public ExecSpec withStdin(byte[] content) {
        return withStdin(new ByteArrayInputStream(content.clone()));
    }

    /**
     * Feeds this stream to the command as it is read, until it or the command ends. The caller closes it. When it cannot be read
     * the command is killed, and a {@link ContainerException} says so.
     */
    public ExecSpec withStdin(InputStream stream) {
        Builder builder = new Builder(this);
        builder.stdin = stream;
        return new ExecSpec(builder);
    }

    /** Writes output here as it comes instead of collecting it in the result. */
    public ExecSpec withStdout(OutputStream stream) {
        Builder builder = new Builder(this);
        builder.stdout = stream;
        return new ExecSpec(builder);
    }

    /** Writes errors here as they come instead of collecting them in the result. */
    public ExecSpec withStderr(OutputStream stream) {
        Builder builder = new Builder(this);
        builder.stderr = stream;
        return new ExecSpec(builder);
    }

    /** Kills the command and fails when it takes longer; default: no limit. */
    public ExecSpec withTimeout(Duration limit) {
        Builder builder = new Builder(this);
        builder.timeout = limit;
        return new ExecSpec(builder);
    }

    /** Runs the command on a terminal of its own; standard error arrives as standard output, as terminals have it. */
    public ExecSpec withTerminal(int columns, int rows) {
        return withTerminal(new TerminalSize(columns, rows), resize -> {});
    }

    /**
     * The same for a terminal whose size changes.
     *
     * @param size at first
     * @param resizes is called once the command runs, with a function to be called at each change
     */
    public ExecSpec withTerminal(TerminalSize size, Consumer<Consumer<TerminalSize>> resizes) {
        Builder builder = new Builder(this);
        builder.terminal = size;
        builder.resizes = resizes;
        return new ExecSpec(builder);
    }

    public List<String> command() {
        return command;
    }

    public Map<String, String> env() {
        return env;
    }

    public Optional<String> workingDir() {
        return Optional.ofNullable(workingDir);
    }

    public Optional<String> user() {
        return Optional.ofNullable(user);
    }

    public Optional<InputStream> stdin() {
        return Optional.ofNullable(stdin);
    }

    public Optional<OutputStream> stdout() {
        return Optional.ofNullable(stdout);
    }

    public Optional<OutputStream> stderr() {
        return Optional.ofNullable(stderr);
    }

    public Optional<Duration> timeout() {
        return Optional.ofNullable(timeout);
    }

    public Optional<TerminalSize> terminal() {
        return Optional.ofNullable(terminal);
    }

    public Consumer<Consumer<TerminalSize>> resizes() {
        return resizes;
    }

    /** Masks values of variables. */
    @Override
    public String toString() {
        return "ExecSpec{command=" + command + ", env=" + env.keySet() + "}";
    }

    /**
     * The size of a terminal in characters.
     *
     * @param columns of a line
     * @param rows on the screen
     */
    public record TerminalSize(int columns, int rows) {}

    private static final class Builder {
        private final List<String> command;
        private final Map<String, String> env;
        private @Nullable String workingDir;
        private @Nullable String user;
        private @Nullable InputStream stdin;
        private @Nullable OutputStream stdout;
        private @Nullable OutputStream stderr;
        private @Nullable Duration timeout;
        private @Nullable TerminalSize terminal;
        private Consumer<Consumer<TerminalSize>> resizes = resize -> {};

        private Builder(List<String> command) {
            this.command = command;
            this.env = new LinkedHashMap<>();
        }

        private Builder(ExecSpec spec) {
            this.command = spec.command;
            this.env = new LinkedHashMap<>(spec.env);
            this.workingDir = spec.workingDir;
            this.user = spec.user;
            this.stdin = spec.stdin;
            this.stdout = spec.stdout;
            this.stderr = spec.stderr;
            this.timeout = spec.timeout;
            this.terminal = spec.terminal;
            this.resizes = spec.resizes;
        }
    }
}
