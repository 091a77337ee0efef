package io.bivouac.engine;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/** Options of an engine. Immutable: every {@code with} method returns a changed copy. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public final class EngineOptions {
    /** Where images are kept; default {@code $XDG_CACHE_HOME/bivouac}, for root {@code /var/lib/bivouac}. */
    public static final String STORE = "bivouac.store";
    /**
     * Bytes that stay free on the store's file system, such as {@code 512m} or {@code 2g}; default the smaller of 1 GiB and a
     * twentieth of it.
     */
    public static final String STORE_RESERVE = "bivouac.store.reserve";
    /** Layouts, archives or folders of them, separated as in {@code PATH}. An image they name wins over the store's. */
    public static final String IMAGES = "bivouac.images";
    /**
     * Where images of a registry are looked for first, separated by commas: {@code docker.io=https://cache.example.org/hub};
     * without a registry, those of Docker Hub.
     */
    public static final String REGISTRY_MIRRORS = "bivouac.registry.mirrors";
    /** Hosts, separated by commas, whose certificates are not looked at, and that may speak plain HTTP. */
    public static final String REGISTRY_INSECURE = "bivouac.registry.insecure";
    /** Hosts of token servers, separated by commas, that may have credentials of a registry at another site. */
    public static final String REGISTRY_REALMS = "bivouac.registry.realms";
    /** {@code true}: no registry is ever asked. */
    public static final String OFFLINE = "bivouac.offline";
    /** {@code best-effort}: limits that this host cannot enforce are left out; otherwise they fail a start. */
    public static final String LIMITS = "bivouac.limits";
    /** {@code true}: the phases of each start are printed on the standard error stream, in microseconds. */
    public static final String TRACE = "bivouac.trace";

    private static final long DEFAULT_LOG_LIMIT = 64L << 20;

    private final Fields fields;

    private EngineOptions(Fields fields) {
        this.fields = fields;
    }

    private interface Edit {
        void apply(Fields fields);
    }

    private EngineOptions with(Edit edit) {
        Fields copy = new Fields(fields);
        edit.apply(copy);
        return new EngineOptions(copy);
    }

    public static EngineOptions defaults() {
        return new EngineOptions(new Fields());
    }

    public static EngineOptions fromSystemProperties() {
        return from(System::getProperty);
    }

    /** Reads the {@code bivouac.*} properties from any source; a null or empty value means the default. */
    public static EngineOptions from(Function<String, @Nullable String> properties) {
        Function<String, Optional<String>> given =
                key -> Optional.ofNullable(properties.apply(key)).filter(value -> !value.isBlank());
        EngineOptions options = defaults();
        options = given.apply(STORE).map(Path::of).map(options::withStore).orElse(options);
        options = given.apply(STORE_RESERVE)
                .map(Sizes::parse)
                .map(options::withStoreReserve)
                .orElse(options);
        options = given.apply(IMAGES)
                .map(text ->
                        split(text, File.pathSeparator).stream().map(Path::of).toList())
                .map(options::withImages)
                .orElse(options);
        options = given.apply(LIMITS)
                .map(EngineOptions::isBestEffort)
                .map(options::withBestEffortLimits)
                .orElse(options);
        return options.withRegistryMirrors(list(given.apply(REGISTRY_MIRRORS)))
                .withInsecureRegistries(list(given.apply(REGISTRY_INSECURE)))
                .withRegistryRealms(list(given.apply(REGISTRY_REALMS)))
                .withOffline(given.apply(OFFLINE).equals(Optional.of("true")))
                .withTrace(given.apply(TRACE).equals(Optional.of("true")));
    }

    private static boolean isBestEffort(String limits) {
        return switch (limits) {
            case "best-effort" -> true;
            case "required" -> false;
            default ->
                throw new ConfigurationException(LIMITS + "=" + limits + " is not a choice: required or best-effort.");
        };
    }

    private static List<String> list(Optional<String> text) {
        return text.map(given -> split(given, ",")).orElse(List.of());
    }

    private static List<String> split(String text, String separator) {
        return Arrays.stream(text.split(Pattern.quote(separator)))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .toList();
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new ConfigurationException(message);
        }
    }

    private static void requireHosts(String property, List<String> hosts) {
        for (String host : hosts) {
            require(
                    Syntax.HOST.matcher(host).matches(),
                    property + " names '" + host
                            + "', which is no host with or without a port, such as localhost:5000.");
        }
    }

    public EngineOptions withStore(Path folder) {
        return with(copy -> copy.store = folder.toAbsolutePath().normalize());
    }

    /** Bytes that stay free on the store's file system; default the smaller of 1 GiB and a twentieth of it. */
    public EngineOptions withStoreReserve(long bytes) {
        require(bytes >= 0, "The reserve of the store must not be negative, as " + bytes + " is.");
        return with(copy -> copy.storeReserve = bytes);
    }

    public EngineOptions withImages(List<Path> sources) {
        return with(copy -> copy.images = List.copyOf(sources));
    }

    /** Where images of registries are looked for first, each as {@link #REGISTRY_MIRRORS} says. */
    public EngineOptions withRegistryMirrors(List<String> mirrors) {
        for (String mirror : mirrors) {
            require(
                    Syntax.MIRROR.matcher(mirror).matches(),
                    REGISTRY_MIRRORS + " names '" + mirror
                            + "', which is no mirror such as docker.io=https://cache.example.org/hub.");
        }
        return with(copy -> copy.mirrors = List.copyOf(mirrors));
    }

    /** Hosts, with or without a port, whose certificates are not looked at, and that may speak plain HTTP. */
    public EngineOptions withInsecureRegistries(List<String> hosts) {
        requireHosts(REGISTRY_INSECURE, hosts);
        return with(copy -> copy.insecure = List.copyOf(hosts));
    }

    /** Hosts of token servers, with or without a port, that may have credentials of a registry at another site. */
    public EngineOptions withRegistryRealms(List<String> hosts) {
        requireHosts(REGISTRY_REALMS, hosts);
        return with(copy -> copy.realms = List.copyOf(hosts));
    }

    /** Whether registries are left alone. */
    public EngineOptions withOffline(boolean wanted) {
        return with(copy -> copy.offline = wanted);
    }

    /** Who hears how far pulls and pushes have come, on the threads that do them, some times a second. */
    public EngineOptions withTransferListener(Consumer<Transfer> listener) {
        return with(copy -> copy.transferListener = listener);
    }

    /** How many bytes of a container's output are kept on disk; the oldest go first. Default 64 MiB. */
    public EngineOptions withLogLimit(long bytes) {
        require(bytes >= 1 << 16, "The log limit must be at least 65536 bytes, not " + bytes + ".");
        return with(copy -> copy.logLimit = bytes);
    }

    /** Whether limits that this host cannot enforce are left out; by default they fail the start that asks for them. */
    public EngineOptions withBestEffortLimits(boolean bestEffort) {
        return with(copy -> copy.bestEffortLimits = bestEffort);
    }

    /** Whether the phases of each start are printed on the standard error stream, in microseconds. */
    public EngineOptions withTrace(boolean wanted) {
        return with(copy -> copy.trace = wanted);
    }

    /** Empty: the default place. */
    public Optional<Path> store() {
        return Optional.ofNullable(fields.store);
    }

    /** Empty: the default. */
    public OptionalLong storeReserve() {
        return fields.storeReserve < 0 ? OptionalLong.empty() : OptionalLong.of(fields.storeReserve);
    }

    public List<Path> images() {
        return fields.images;
    }

    public List<String> registryMirrors() {
        return fields.mirrors;
    }

    public List<String> insecureRegistries() {
        return fields.insecure;
    }

    public List<String> registryRealms() {
        return fields.realms;
    }

    public boolean offline() {
        return fields.offline;
    }

    public Optional<Consumer<Transfer>> transferListener() {
        return Optional.ofNullable(fields.transferListener);
    }

    public long logLimit() {
        return fields.logLimit;
    }

    public boolean bestEffortLimits() {
        return fields.bestEffortLimits;
    }

    public boolean trace() {
        return fields.trace;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EngineOptions options && fields.values().equals(options.fields.values());
    }

    @Override
    public int hashCode() {
        return fields.values().hashCode();
    }

    @Override
    public String toString() {
        return "EngineOptions{store=" + fields.store + ", images=" + fields.images + ", mirrors=" + fields.mirrors
                + ", insecure=" + fields.insecure + ", offline=" + fields.offline + ", logLimit=" + fields.logLimit
                + ", bestEffortLimits=" + fields.bestEffortLimits + ", trace=" + fields.trace + "}";
    }

    /** Loaded when something is to be checked: most starts have nothing of it. */
    private static final class Syntax {
        private static final String NAME =
                "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9a-fA-F:]+])(?::[0-9]{1,5})?";
        private static final Pattern HOST = Pattern.compile(NAME);
        private static final Pattern MIRROR =
                Pattern.compile("(?:" + NAME + "=)?(?:https?://)?" + NAME + "(?:/[a-z0-9._/-]*)?");

        private Syntax() {}
    }

    /** The state, mutable only while a copy is being made. */
    private static final class Fields {
        private @Nullable Path store;
        private long storeReserve = -1;
        private List<Path> images = List.of();
        private List<String> mirrors = List.of();
        private List<String> insecure = List.of();
        private List<String> realms = List.of();
        private boolean offline;
        private @Nullable Consumer<Transfer> transferListener;
        private long logLimit = DEFAULT_LOG_LIMIT;
        private boolean bestEffortLimits;
        private boolean trace;

        private Fields() {}

        private Fields(Fields other) {
            this.store = other.store;
            this.storeReserve = other.storeReserve;
            this.images = other.images;
            this.mirrors = other.mirrors;
            this.insecure = other.insecure;
            this.realms = other.realms;
            this.offline = other.offline;
            this.transferListener = other.transferListener;
            this.logLimit = other.logLimit;
            this.bestEffortLimits = other.bestEffortLimits;
            this.trace = other.trace;
        }

        private List<@Nullable Object> values() {
            return Arrays.asList(
                    store,
                    storeReserve,
                    images,
                    mirrors,
                    insecure,
                    realms,
                    offline,
                    transferListener,
                    logLimit,
                    bestEffortLimits,
                    trace);
        }
    }
}
