package io.bivouac.engine.oci;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apiguardian.api.API;

/**
 * Says how a container of an image is run by default, and what its layers are when unpacked. Fields this class does not know
 * survive in {@link #json()}, so that an image that is committed keeps them.
 *
 * <p>Sample: {@code {"architecture":"amd64","os":"linux","config":{"Env":["PATH=…"],"Cmd":["sh"]},
 * "rootfs":{"type":"layers","diff_ids":["sha256:…"]},"history":[…]}}.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md">image-spec, configuration</a>
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public final class ImageConfig {
    private static final List<String> DEFAULT_SHELL = List.of("/bin/sh", "-c");

    private final Map<String, ?> json;
    private final Map<String, ?> run;
    private final Platform platform;
    private final List<Digest> diffIds;

    private ImageConfig(Map<String, ?> json) {
        this.json = json;
        this.run = Fields.object(json, "config");
        this.platform = Platform.of(json);
        List<Digest> ids = new ArrayList<>();
        for (String id : Fields.texts(Fields.object(json, "rootfs"), "diff_ids")) {
            ids.add(Digest.parse(id));
        }
        this.diffIds = List.copyOf(ids);
    }

    /** Reads a configuration from parsed JSON; {@link IllegalArgumentException} names the field that is wrong. */
    public static ImageConfig of(Map<String, ?> json) {
        ImageConfig config = new ImageConfig(json);
        config.requireTypes();
        return config;
    }

    /** What is wrong in an image is said when it comes in, not when one of its containers is stopped. */
    private void requireTypes() {
        entrypoint();
        command();
        environment();
        user();
        workingDirectory();
        exposedPorts();
        volumes();
        labels();
        stopSignal();
        healthcheck();
        shell();
        onBuild();
    }

    /** An image of no layers for this platform. */
    public static ImageConfig empty(Platform platform) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("architecture", platform.architecture());
        json.put("os", platform.os());
        if (!platform.variant().isEmpty()) {
            json.put("variant", platform.variant());
        }
        json.put("config", Map.of());
        json.put("rootfs", Map.of("type", "layers", "diff_ids", List.of()));
        return of(json);
    }

    public Platform platform() {
        return platform;
    }

    /** Digests of the uncompressed layers, the lowest first. */
    public List<Digest> diffIds() {
        return diffIds;
    }

    public List<String> entrypoint() {
        return Fields.texts(run, "Entrypoint");
    }

    public List<String> command() {
        return Fields.texts(run, "Cmd");
    }

    /** Variables in the order of the image. */
    public Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        for (String variable : Fields.texts(run, "Env")) {
            int equals = variable.indexOf('=');
            if (equals > 0) {
                environment.put(variable.substring(0, equals), variable.substring(equals + 1));
            }
        }
        return Collections.unmodifiableMap(environment);
    }

    /** {@code user[:group]}, names or numbers; empty for root. */
    public String user() {
        return Fields.text(run, "User", "");
    }

    /** An absolute path, {@code /} when the image names none. */
    public String workingDirectory() {
        String directory = Fields.text(run, "WorkingDir", "");
        return directory.isEmpty() ? "/" : directory;
    }

    /** As the image writes them: {@code 5432/tcp}. */
    public Set<String> exposedPorts() {
        return Collections.unmodifiableSet(
                new TreeSet<>(Fields.object(run, "ExposedPorts").keySet()));
    }

    public Set<String> volumes() {
        return Collections.unmodifiableSet(
                new TreeSet<>(Fields.object(run, "Volumes").keySet()));
    }

    public Map<String, String> labels() {
        Map<String, String> labels = new TreeMap<>();
        Fields.object(run, "Labels").forEach((key, value) -> labels.put(key, String.valueOf(value)));
        return Collections.unmodifiableMap(labels);
    }

    /** The signal that asks the first process to end, when the image names one: {@code SIGINT}. */
    public Optional<String> stopSignal() {
        String signal = Fields.text(run, "StopSignal", "");
        return signal.isEmpty() ? Optional.empty() : Optional.of(signal);
    }

    /** How a container's health is found out, when the image says so. */
    public Optional<HealthcheckConfig> healthcheck() {
        Map<String, ?> json = Fields.object(run, "Healthcheck");
        return json.isEmpty() ? Optional.empty() : Optional.of(HealthcheckConfig.of(json));
    }

    /** The program, and its arguments, that a line of {@link #healthcheck()} is given to. */
    public List<String> shell() {
        List<String> shell = Fields.texts(run, "Shell");
        return shell.isEmpty() ? DEFAULT_SHELL : shell;
    }

    /** Instructions for whoever builds an image on this one. */
    public List<String> onBuild() {
        return Fields.texts(run, "OnBuild");
    }

    /** The whole configuration as parsed. */
    public Map<String, ?> json() {
        return Collections.unmodifiableMap(json);
    }

    /**
     * The configuration of the same image with one layer more on top.
     *
     * @param diffId of the layer's uncompressed archive
     * @param created time in RFC 3339 form
     * @param comment what made the layer
     */
    public ImageConfig withLayer(Digest diffId, String created, String comment) {
        Map<String, Object> changed = new LinkedHashMap<>(json);
        List<String> ids =
                new ArrayList<>(diffIds.stream().map(Digest::toString).toList());
        ids.add(diffId.toString());
        Map<String, Object> rootfs = new LinkedHashMap<>();
        rootfs.put("type", "layers");
        rootfs.put("diff_ids", ids);
        changed.put("created", created);
        changed.put("rootfs", rootfs);
        List<Object> history = new ArrayList<>(historyOfEveryLayer());
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("created", created);
        entry.put("created_by", comment);
        history.add(entry);
        changed.put("history", history);
        return of(changed);
    }

    /** Tools refuse a history whose entries do not count as many layers as there are. */
    private List<Map<String, ?>> historyOfEveryLayer() {
        List<Map<String, ?>> history = new ArrayList<>(Fields.objects(json, "history"));
        long layers = history.stream()
                .filter(entry -> !Boolean.TRUE.equals(entry.get("empty_layer")))
                .count();
        if (layers > diffIds.size()) {
            history.clear();
            layers = 0;
        }
        for (; layers < diffIds.size(); layers++) {
            history.add(Map.of("created_by", "unknown"));
        }
        return history;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ImageConfig config && json.equals(config.json);
    }

    @Override
    public int hashCode() {
        return json.hashCode();
    }

    @Override
    public String toString() {
        return "ImageConfig" + json;
    }
}
