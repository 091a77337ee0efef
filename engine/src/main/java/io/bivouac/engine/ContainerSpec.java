package io.bivouac.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apiguardian.api.API;

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
    private final SpecFields fields;

    private ContainerSpec(SpecFields fields) {
        this.fields = fields;
    }

    /**
     * A container of this image with everything as the image has it.
     *
     * @param image a tag ({@code postgres:15}), a digest ({@code postgres@sha256:…}), or an image's id
     */
    public static ContainerSpec of(String image) {
        return new ContainerSpec(new SpecFields(SpecRules.image(image)));
    }

    private interface Edit {
        void apply(SpecFields fields);
    }

    private ContainerSpec with(Edit edit) {
        SpecFields copy = new SpecFields(fields);
        edit.apply(copy);
        return new ContainerSpec(copy);
    }

    /** The same on another image. */
    public ContainerSpec withImage(String image) {
        String checked = SpecRules.image(image);
        return with(copy -> copy.image = checked);
    }

    /** What to call the container in messages and capsules; several may share a name. Default: the start of its id. */
    public ContainerSpec withName(String name) {
        SpecRules.requireName(name);
        return with(copy -> copy.name = name);
    }

    /** Replaces the image's command, the arguments of its entrypoint. */
    public ContainerSpec withCommand(String... command) {
        return withCommand(Arrays.asList(command));
    }

    public ContainerSpec withCommand(List<String> command) {
        List<String> checked = SpecRules.withoutNul(command);
        return with(copy -> copy.command = checked);
    }

    /** Replaces the image's entrypoint, and with it the image's command. */
    public ContainerSpec withEntrypoint(String... entrypoint) {
        return withEntrypoint(Arrays.asList(entrypoint));
    }

    public ContainerSpec withEntrypoint(List<String> entrypoint) {
        List<String> checked = SpecRules.withoutNul(entrypoint);
        return with(copy -> copy.entrypoint = checked);
    }

    /** Sets a variable, over those of the image. */
    public ContainerSpec withEnv(String key, String value) {
        SpecRules.require(
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
        SpecRules.require(path.startsWith("/"), "The working directory '" + path + "' is not an absolute path.");
        return with(copy -> copy.workingDir = path);
    }

    /** Runs as {@code user[:group]}, names or numbers. */
    public ContainerSpec withUser(String user) {
        return with(copy -> copy.user = user);
    }

    /** What the container calls itself; default: the first twelve characters of its id. */
    public ContainerSpec withHostname(String hostname) {
        SpecRules.requireHostname(hostname);
        return with(copy -> copy.hostname = hostname);
    }

    /** Publishes TCP ports of the container on free ports of 127.0.0.1; {@link Container#port(int)} tells which. */
    public ContainerSpec withPorts(int... ports) {
        for (int port : ports) {
            SpecRules.requirePort(port);
        }
        return with(copy -> Arrays.stream(ports).forEach(port -> copy.ports.putIfAbsent(port, 0)));
    }

    /** Publishes a TCP port of the container on this very port of 127.0.0.1. */
    public ContainerSpec withFixedPort(int containerPort, int hostPort) {
        SpecRules.requirePort(containerPort);
        SpecRules.requirePort(hostPort);
        return with(copy -> copy.ports.put(containerPort, hostPort));
    }

    /**
     * Lets the container read and write a file or folder of the host. Under SELinux it keeps its label, as the kernel labels
     * file systems and not mounts, and relabelling would last: {@code chcon -Rt container_file_t} lets containers in.
     */
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

    /** The most memory the container may use, such as {@code 512m}; what needs more is killed. */
    public ContainerSpec withMemory(String size) {
        return withLimits(fields.limits.withMemory(Sizes.parse(size)));
    }

    /** Processors' worth of time the container may use. */
    public ContainerSpec withCpus(double cpus) {
        return withLimits(fields.limits.withCpus(cpus));
    }

    /** How many processes and threads the container may have, -1 for any; default {@value Limits#DEFAULT_PIDS}. */
    public ContainerSpec withPidsLimit(long pids) {
        return withLimits(fields.limits.withPids(pids));
    }

    /** Replaces every limit on what the container may use of the host. */
    public ContainerSpec withLimits(Limits limits) {
        return with(copy -> copy.limits = limits);
    }

    /** Gives powers of root, such as {@code NET_ADMIN}, or {@code ALL}, beside the usual ones. */
    public ContainerSpec withCapAdd(String... capabilities) {
        SpecRules.requireCapabilities(capabilities);
        return with(copy -> copy.capAdd.addAll(Arrays.asList(capabilities)));
    }

    /** Takes powers of root; after {@code ALL} it has those of {@link #withCapAdd} alone. */
    public ContainerSpec withCapDrop(String... capabilities) {
        SpecRules.requireCapabilities(capabilities);
        return with(copy -> copy.capDrop.addAll(Arrays.asList(capabilities)));
    }

    /**
     * Takes most walls down: every power the session has, every device, no filter on system calls, nothing masked or read-only. As
     * root the container can then do to the host what root can.
     */
    public ContainerSpec withPrivileged() {
        return with(copy -> copy.privileged = true);
    }

    /** Lets no program gain powers by being executed, setuid or not. */
    public ContainerSpec withNoNewPrivileges() {
        return with(copy -> copy.noNewPrivileges = true);
    }

    /** Adds the first process, and commands, to groups, names or numbers. */
    public ContainerSpec withGroups(String... groups) {
        return with(copy -> copy.groups.addAll(Arrays.asList(groups)));
    }

    /** Limits each process, such as its open files ({@code nofile}); a later call for the same name replaces. */
    public ContainerSpec withUlimit(String name, long soft, long hard) {
        Ulimit ulimit = new Ulimit(name, soft, hard);
        return with(copy -> copy.ulimits.put(ulimit.name(), ulimit));
    }

    /** Sets a parameter of the container's own kernel namespaces, such as {@code net.core.somaxconn}. */
    public ContainerSpec withSysctl(String name, String value) {
        SpecRules.requireSysctl(name);
        return with(copy -> copy.sysctls.put(name, value));
    }

    /** How much {@code /dev/shm} may hold, such as {@code 128m}; default 64 MiB. */
    public ContainerSpec withShmSize(String size) {
        long bytes = Sizes.parse(size);
        return with(copy -> copy.shmSize = bytes);
    }

    /** Puts a process of ours before the command, which reaps what nobody else does and passes signals on. */
    public ContainerSpec withInit() {
        return with(copy -> copy.init = true);
    }

    /**
     * Gives the first process a terminal of 80 columns and 24 rows, also its {@code /dev/console}: some programs print nothing,
     * or something else, into a pipe. All its output is logged as that of stdout, with lines that end with CR LF. Nobody types:
     * whoever reads from it waits.
     */
    public ContainerSpec withTty() {
        return with(copy -> copy.tty = true);
    }

    /** Which system calls the container's processes may make; default: {@link SeccompProfile#standard()}. */
    public ContainerSpec withSeccomp(SeccompProfile profile) {
        return with(copy -> copy.seccomp = profile);
    }

    /**
     * The AppArmor profile the container's processes run under, by its name; default: the one of the process that starts them.
     * Where AppArmor is not active this changes nothing; a profile that is not loaded fails the start.
     */
    public ContainerSpec withAppArmor(String profile) {
        SpecRules.requireAppArmorProfile(profile);
        return with(copy -> copy.appArmor = profile);
    }

    /** When the image is looked for in its registry; default: when it is not in the store. */
    public ContainerSpec withPullPolicy(PullPolicy policy) {
        return with(copy -> copy.pullPolicy = policy);
    }

    /** The signal that asks the first process to end, such as {@code SIGINT}; default: the image's, else SIGTERM. */
    public ContainerSpec withStopSignal(String signal) {
        return with(copy -> copy.stopSignal = signal);
    }

    /** How long {@link Container#stop()} waits before it kills; default 10 s. */
    public ContainerSpec withStopTimeout(Duration timeout) {
        return with(copy -> copy.stopTimeout = timeout);
    }

    /** How its health is found out, instead of how the image says, or beside that as far as this says nothing. */
    public ContainerSpec withHealthcheck(Healthcheck healthcheck) {
        return with(copy -> copy.healthcheck = healthcheck);
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
        SpecRules.require(
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

    public Limits limits() {
        return fields.limits;
    }

    /** Names as they were given. */
    public List<String> capAdd() {
        return Collections.unmodifiableList(fields.capAdd);
    }

    public List<String> capDrop() {
        return Collections.unmodifiableList(fields.capDrop);
    }

    public boolean privileged() {
        return fields.privileged;
    }

    public boolean noNewPrivileges() {
        return fields.noNewPrivileges;
    }

    public List<String> groups() {
        return Collections.unmodifiableList(fields.groups);
    }

    public List<Ulimit> ulimits() {
        return List.copyOf(fields.ulimits.values());
    }

    public Map<String, String> sysctls() {
        return Collections.unmodifiableMap(fields.sysctls);
    }

    /** Bytes. */
    public long shmSize() {
        return fields.shmSize;
    }

    public boolean init() {
        return fields.init;
    }

    public boolean tty() {
        return fields.tty;
    }

    public Optional<String> appArmor() {
        return Optional.ofNullable(fields.appArmor);
    }

    public SeccompProfile seccomp() {
        return fields.seccomp;
    }

    public PullPolicy pullPolicy() {
        return fields.pullPolicy;
    }

    public Optional<String> stopSignal() {
        return Optional.ofNullable(fields.stopSignal);
    }

    public Duration stopTimeout() {
        return fields.stopTimeout;
    }

    public Optional<Healthcheck> healthcheck() {
        return Optional.ofNullable(fields.healthcheck);
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
                + ", mounts=" + fields.mounts + ", limits=" + fields.limits + ", privileged=" + fields.privileged
                + ", seccomp=" + fields.seccomp + ", appArmor=" + fields.appArmor + ", waits=" + fields.waits + "}";
    }

    private static List<String> masked(Iterable<String> keys) {
        List<String> masked = new ArrayList<>();
        keys.forEach(key -> masked.add(key + "=***"));
        return masked;
    }
}
