package io.bivouac.engine;

import io.bivouac.engine.oci.ImageReference;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/**
 * Says what to start. Immutable: every {@code with} method returns a changed copy, so a specification can be a constant and
 * varied from test to test.
 *
 * <pre>{@code
 * ContainerSpec.of("postgres:15")
 *         .withEnv("POSTGRES_PASSWORD", "test")
 *         .withPorts(5432)
 *         .withWait(Wait.forLog("ready to accept connections").times(2))
 * }</pre>
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public final class ContainerSpec {
    private static final Duration DEFAULT_STOP_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration DEFAULT_STARTUP_TIMEOUT = Duration.ofSeconds(60);
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}");
    private static final Pattern HOSTNAME = Pattern.compile("[a-zA-Z0-9]([a-zA-Z0-9.-]{0,62}[a-zA-Z0-9])?");

    private final Fields fields;

    private ContainerSpec(Fields fields) {
        this.fields = fields;
    }

    /**
     * A container of this image with everything as the image has it.
     *
     * @param image a tag ({@code postgres:15}), a digest ({@code postgres@sha256:…}), or an image's id
     */
    public static ContainerSpec of(String image) {
        return new ContainerSpec(new Fields(checkedImage(image)));
    }

    private static String checkedImage(String image) {
        if (!image.startsWith("sha256:")) {
            try {
                ImageReference.parse(image);
            } catch (IllegalArgumentException e) {
                throw new ConfigurationException(e.getMessage() + ".", e);
            }
        }
        return image;
    }

    private interface Edit {
        void apply(Fields fields);
    }

    private ContainerSpec with(Edit edit) {
        Fields copy = new Fields(fields);
        edit.apply(copy);
        return new ContainerSpec(copy);
    }

    /** The same on another image. */
    public ContainerSpec withImage(String image) {
        String checked = checkedImage(image);
        return with(copy -> copy.image = checked);
    }

    /** What to call the container in messages and capsules; several may share a name. Default: the start of its id. */
    public ContainerSpec withName(String name) {
        require(
                NAME.matcher(name).matches(),
                "'" + name
                        + "' is not a container name: letters, digits, '_', '.', '-', at most 128, the first a letter or digit.");
        return with(copy -> copy.name = name);
    }

    /** Replaces the image's command, the arguments of its entrypoint. */
    public ContainerSpec withCommand(String... command) {
        return withCommand(Arrays.asList(command));
    }

    public ContainerSpec withCommand(List<String> command) {
        List<String> checked = withoutNul(command);
        return with(copy -> copy.command = checked);
    }

    /** Replaces the image's entrypoint, and with it the image's command. */
    public ContainerSpec withEntrypoint(String... entrypoint) {
        return withEntrypoint(Arrays.asList(entrypoint));
    }

    public ContainerSpec withEntrypoint(List<String> entrypoint) {
        List<String> checked = withoutNul(entrypoint);
        return with(copy -> copy.entrypoint = checked);
    }

    /** Sets a variable, over those of the image. */
    public ContainerSpec withEnv(String key, String value) {
        require(
                !key.isEmpty() && key.indexOf('=') < 0 && key.indexOf('\0') < 0 && value.indexOf('\0') < 0,
                "'" + key
                        + "' is not an environment variable: the name must not be empty or hold '=', nothing may hold NUL.");
        return with(copy -> copy.env.put(key, value));
    }

    public ContainerSpec withEnv(Map<String, String> variables) {
        ContainerSpec spec = this;
        for (Map.Entry<String, String> variable : variables.entrySet()) {
            spec = spec.withEnv(variable.getKey(), variable.getValue());
        }
        return spec;
    }

    /** The first process's working directory, absolute; made when missing. */
    public ContainerSpec withWorkingDir(String path) {
        require(path.startsWith("/"), "The working directory '" + path + "' is not an absolute path.");
        return with(copy -> copy.workingDir = path);
    }

    /** Runs as {@code user[:group]}, names or numbers. */
    public ContainerSpec withUser(String user) {
        return with(copy -> copy.user = user);
    }

    /** What the container calls itself; default: the first twelve characters of its id. */
    public ContainerSpec withHostname(String hostname) {
        require(
                HOSTNAME.matcher(hostname).matches(),
                "'" + hostname + "' is not a host name: letters, digits, '-', '.', at most 64.");
        return with(copy -> copy.hostname = hostname);
    }

    /** Publishes TCP ports of the container on free ports of 127.0.0.1; {@link Container#port(int)} tells which. */
    public ContainerSpec withPorts(int... ports) {
        for (int port : ports) {
            requirePort(port);
        }
        return with(copy -> Arrays.stream(ports).forEach(port -> copy.ports.putIfAbsent(port, 0)));
    }

    /** Publishes a TCP port of the container on this very port of 127.0.0.1. */
    public ContainerSpec withFixedPort(int containerPort, int hostPort) {
        requirePort(containerPort);
        requirePort(hostPort);
        return with(copy -> copy.ports.put(containerPort, hostPort));
    }

    /** Lets the container read and write a file or folder of the host. */
    public ContainerSpec withBind(Path source, String target) {
        return withMount(new Mount.Bind(source, target, false));
    }

    /** Lets the container read a file or folder of the host. */
    public ContainerSpec withReadOnlyBind(Path source, String target) {
        return withMount(new Mount.Bind(source, target, true));
    }

    /** Mounts an empty folder in memory. */
    public ContainerSpec withTmpfs(String target) {
        return withMount(new Mount.Tmpfs(target, 0));
    }

    public ContainerSpec withMount(Mount mount) {
        return with(copy -> copy.mounts.add(mount));
    }

    /** Attaches a fact to the container, for whoever lists containers. */
    public ContainerSpec withLabel(String key, String value) {
        return with(copy -> copy.labels.put(key, value));
    }

    /** Makes the container's root file system read-only; mounts stay as they are. */
    public ContainerSpec withReadOnlyRoot() {
        return with(copy -> copy.readOnlyRoot = true);
    }

    /** The signal that asks the first process to end, such as {@code SIGINT}; default: the image's, else SIGTERM. */
    public ContainerSpec withStopSignal(String signal) {
        return with(copy -> copy.stopSignal = signal);
    }

    /** How long {@link Container#stop()} waits before it kills; default 10 s. */
    public ContainerSpec withStopTimeout(Duration timeout) {
        return with(copy -> copy.stopTimeout = timeout);
    }

    /** Adds a condition for readiness; all must hold. Default, with published ports: that each is listened on. */
    public ContainerSpec withWait(Wait wait) {
        return with(copy -> copy.waits.add(wait));
    }

    /** Takes every condition back: started is ready. Published ports are then not waited for either. */
    public ContainerSpec withoutWaits() {
        return with(copy -> {
            copy.waits.clear();
            copy.waitsForPorts = false;
        });
    }

    /** How long all waits together may take; default 60 s. */
    public ContainerSpec withStartupTimeout(Duration timeout) {
        require(
                !timeout.isNegative() && !timeout.isZero(),
                "The start-up timeout must be positive, not " + timeout + ".");
        return with(copy -> copy.startupTimeout = timeout);
    }

    public String image() {
        return fields.image;
    }

    public Optional<String> name() {
        return Optional.ofNullable(fields.name);
    }

    public Optional<List<String>> command() {
        return Optional.ofNullable(fields.command);
    }

    public Optional<List<String>> entrypoint() {
        return Optional.ofNullable(fields.entrypoint);
    }

    public Map<String, String> env() {
        return Collections.unmodifiableMap(fields.env);
    }

    public Optional<String> workingDir() {
        return Optional.ofNullable(fields.workingDir);
    }

    public Optional<String> user() {
        return Optional.ofNullable(fields.user);
    }

    public Optional<String> hostname() {
        return Optional.ofNullable(fields.hostname);
    }

    /** Container ports and the host ports they are published on, 0 for any free one. */
    public Map<Integer, Integer> ports() {
        return Collections.unmodifiableMap(fields.ports);
    }

    public List<Mount> mounts() {
        return Collections.unmodifiableList(fields.mounts);
    }

    public Map<String, String> labels() {
        return Collections.unmodifiableMap(fields.labels);
    }

    public boolean readOnlyRoot() {
        return fields.readOnlyRoot;
    }

    public Optional<String> stopSignal() {
        return Optional.ofNullable(fields.stopSignal);
    }

    public Duration stopTimeout() {
        return fields.stopTimeout;
    }

    /** The conditions given, or, when there are none, one for each published port. */
    public List<Wait> waits() {
        if (fields.waits.isEmpty() && fields.waitsForPorts) {
            return fields.ports.keySet().stream().<Wait>map(Wait::forPort).toList();
        }
        return Collections.unmodifiableList(fields.waits);
    }

    public Duration startupTimeout() {
        return fields.startupTimeout;
    }

    /** Masks values of variables: they are often secrets, and specifications end up in logs. */
    @Override
    public String toString() {
        return "ContainerSpec{image=" + fields.image + ", name=" + fields.name + ", entrypoint=" + fields.entrypoint
                + ", command=" + fields.command + ", env=" + masked(fields.env.keySet()) + ", ports="
                + fields.ports.keySet()
                + ", mounts=" + fields.mounts + ", waits=" + fields.waits + "}";
    }

    private static List<String> masked(Iterable<String> keys) {
        List<String> masked = new ArrayList<>();
        keys.forEach(key -> masked.add(key + "=***"));
        return masked;
    }

    private static List<String> withoutNul(List<String> words) {
        for (String word : words) {
            require(word.indexOf('\0') < 0, "An argument of the command holds a NUL character.");
        }
        return List.copyOf(words);
    }

    private static void requirePort(int port) {
        require(port > 0 && port <= 65535, port + " is not a port (1 to 65535).");
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new ConfigurationException(message);
        }
    }

    /** The state, mutable only while a copy is being made. */
    private static final class Fields {
        private String image;
        private @Nullable String name;
        private @Nullable List<String> command;
        private @Nullable List<String> entrypoint;
        private final Map<String, String> env = new LinkedHashMap<>();
        private @Nullable String workingDir;
        private @Nullable String user;
        private @Nullable String hostname;
        private final Map<Integer, Integer> ports = new LinkedHashMap<>();
        private final List<Mount> mounts = new ArrayList<>();
        private final Map<String, String> labels = new LinkedHashMap<>();
        private boolean readOnlyRoot;
        private @Nullable String stopSignal;
        private Duration stopTimeout = DEFAULT_STOP_TIMEOUT;
        private final List<Wait> waits = new ArrayList<>();
        private boolean waitsForPorts = true;
        private Duration startupTimeout = DEFAULT_STARTUP_TIMEOUT;

        private Fields(String image) {
            this.image = image;
        }

        private Fields(Fields other) {
            this.image = other.image;
            this.name = other.name;
            this.command = other.command;
            this.entrypoint = other.entrypoint;
            this.env.putAll(other.env);
            this.workingDir = other.workingDir;
            this.user = other.user;
            this.hostname = other.hostname;
            this.ports.putAll(other.ports);
            this.mounts.addAll(other.mounts);
            this.labels.putAll(other.labels);
            this.readOnlyRoot = other.readOnlyRoot;
            this.stopSignal = other.stopSignal;
            this.stopTimeout = other.stopTimeout;
            this.waits.addAll(other.waits);
            this.waitsForPorts = other.waitsForPorts;
            this.startupTimeout = other.startupTimeout;
        }
    }
}
