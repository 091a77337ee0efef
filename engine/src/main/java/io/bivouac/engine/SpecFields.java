package io.bivouac.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The state of a {@link ContainerSpec}, mutable only while a copy is being made. */
final class SpecFields {
    String image;

    @Nullable
    String name;

    @Nullable
    List<String> command;

    @Nullable
    List<String> entrypoint;

    final Map<String, String> env = new LinkedHashMap<>();

    @Nullable
    String workingDir;

    @Nullable
    String user;

    @Nullable
    String hostname;

    final Map<Integer, Integer> ports = new LinkedHashMap<>();
    final List<Mount> mounts = new ArrayList<>();
    final Map<String, String> labels = new LinkedHashMap<>();
    boolean readOnlyRoot;
    Limits limits = Limits.none();
    final List<String> capAdd = new ArrayList<>();
    final List<String> capDrop = new ArrayList<>();
    boolean privileged;
    boolean noNewPrivileges;
    final List<String> groups = new ArrayList<>();
    final Map<String, Ulimit> ulimits = new LinkedHashMap<>();
    final Map<String, String> sysctls = new LinkedHashMap<>();
    long shmSize = 64L << 20;
    boolean init;
    boolean tty;
    SeccompProfile seccomp = SeccompProfile.standard();
    PullPolicy pullPolicy = PullPolicy.MISSING;

    @Nullable
    String appArmor;

    @Nullable
    String stopSignal;

    @Nullable
    Healthcheck healthcheck;

    Duration stopTimeout = Duration.ofSeconds(10);
    final List<Wait> waits = new ArrayList<>();
    boolean waitsForPorts = true;
    Duration startupTimeout = Duration.ofSeconds(60);

    SpecFields(String image) {
        this.image = image;
    }

    SpecFields(SpecFields other) {
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
        this.limits = other.limits;
        this.capAdd.addAll(other.capAdd);
        this.capDrop.addAll(other.capDrop);
        this.privileged = other.privileged;
        this.noNewPrivileges = other.noNewPrivileges;
        this.groups.addAll(other.groups);
        this.ulimits.putAll(other.ulimits);
        this.sysctls.putAll(other.sysctls);
        this.shmSize = other.shmSize;
        this.init = other.init;
        this.tty = other.tty;
        this.seccomp = other.seccomp;
        this.appArmor = other.appArmor;
        this.pullPolicy = other.pullPolicy;
        this.stopSignal = other.stopSignal;
        this.healthcheck = other.healthcheck;
        this.stopTimeout = other.stopTimeout;
        this.waits.addAll(other.waits);
        this.waitsForPorts = other.waitsForPorts;
        this.startupTimeout = other.startupTimeout;
    }
}
