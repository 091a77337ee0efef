package io.bivouac.engine;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/**
 * How much a container may use of the host. What cannot be enforced here fails the start, unless {@code bivouac.limits} is {@code
 * best-effort}. Immutable.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public final class Limits {
    /** Processes and threads a container may have unless it asks for another number. */
    public static final long DEFAULT_PIDS = 2048;

    private static final long SMALLEST_MEMORY = 512 << 10;
    private static final double SMALLEST_CPUS = 0.01;
    private static final Pattern CPUSET = Pattern.compile("\\d{1,5}(-\\d{1,5})?(,\\d{1,5}(-\\d{1,5})?)*");
    private static final Limits NONE = new Limits(new Fields());

    private final Fields fields;

    private Limits(Fields fields) {
        this.fields = fields;
    }

    /** As much as there is, but {@value #DEFAULT_PIDS} processes. */
    public static Limits none() {
        return NONE;
    }

    private interface Edit {
        void apply(Fields fields);
    }

    private Limits with(Edit edit) {
        Fields copy = new Fields(fields);
        edit.apply(copy);
        return new Limits(copy);
    }

    /** Bytes of memory; a process that needs more is killed, and with it the container where the kernel can do that. */
    public Limits withMemory(long bytes) {
        require(bytes >= SMALLEST_MEMORY, "The memory limit of " + bytes + " bytes is too small: at least 512k.");
        return with(copy -> copy.memory = bytes);
    }

    /** Bytes of memory and swap together; by default as much as memory, so that nothing is swapped. */
    public Limits withMemorySwap(long bytes) {
        return with(copy -> copy.memorySwap = bytes);
    }

    /** Processors' worth of time, such as 1.5. */
    public Limits withCpus(double cpus) {
        require(
                cpus >= SMALLEST_CPUS && cpus < Integer.MAX_VALUE,
                cpus + " is no number of processors: at least 0.01.");
        return with(copy -> copy.cpus = cpus);
    }

    /** The very processors to run on: {@code 0-3,7}. */
    public Limits withCpuset(String cpus) {
        require(CPUSET.matcher(cpus).matches(), "'" + cpus + "' is no list of processors such as 0-3,7.");
        return with(copy -> copy.cpuset = cpus);
    }

    /** Processes and threads; -1 for any number. */
    public Limits withPids(long pids) {
        require(pids == -1 || pids > 0, pids + " is no number of processes: at least 1, or -1 for any.");
        return with(copy -> copy.pids = pids);
    }

    public Limits withIo(IoLimits io) {
        return with(copy -> copy.io = io);
    }

    /** Bytes. */
    public OptionalLong memory() {
        return optional(fields.memory);
    }

    /** Bytes of memory and swap. */
    public OptionalLong memorySwap() {
        return optional(fields.memorySwap);
    }

    public OptionalDouble cpus() {
        Double cpus = fields.cpus;
        return cpus == null ? OptionalDouble.empty() : OptionalDouble.of(cpus);
    }

    public Optional<String> cpuset() {
        return Optional.ofNullable(fields.cpuset);
    }

    /** Empty: {@link #DEFAULT_PIDS}; -1: any number. */
    public OptionalLong pids() {
        return optional(fields.pids);
    }

    public Optional<IoLimits> io() {
        return Optional.ofNullable(fields.io);
    }

    private static OptionalLong optional(@Nullable Long value) {
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new ConfigurationException(message);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other || (other instanceof Limits limits && toString().equals(limits.toString()));
    }

    @Override
    public int hashCode() {
        return Objects.hash(toString());
    }

    @Override
    public String toString() {
        return "{memory=" + fields.memory + ", memorySwap=" + fields.memorySwap + ", cpus=" + fields.cpus + ", cpuset="
                + fields.cpuset + ", pids=" + fields.pids + ", io=" + fields.io + "}";
    }

    /** The state, mutable only while a copy is being made. */
    private static final class Fields {
        private @Nullable Long memory;
        private @Nullable Long memorySwap;
        private @Nullable Double cpus;
        private @Nullable String cpuset;
        private @Nullable Long pids;
        private @Nullable IoLimits io;

        private Fields() {}

        private Fields(Fields other) {
            this.memory = other.memory;
            this.memorySwap = other.memorySwap;
            this.cpus = other.cpus;
            this.cpuset = other.cpuset;
            this.pids = other.pids;
            this.io = other.io;
        }
    }
}
