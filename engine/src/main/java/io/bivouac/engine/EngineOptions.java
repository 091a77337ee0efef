package io.bivouac.engine;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/** Options of an engine. Immutable: every {@code with} method returns a changed copy. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public final class EngineOptions {
    /** Where images are kept; default {@code $XDG_CACHE_HOME/bivouac}, for root {@code /var/lib/bivouac}. */
    public static final String STORE = "bivouac.store";
    /** Layouts, archives or folders of them, separated as in {@code PATH}. An image they name wins over the store's. */
    public static final String IMAGES = "bivouac.images";

    private static final long DEFAULT_LOG_LIMIT = 64L << 20;

    private final @Nullable Path store;
    private final List<Path> images;
    private final long logLimit;

    private EngineOptions(@Nullable Path store, List<Path> images, long logLimit) {
        this.store = store;
        this.images = List.copyOf(images);
        this.logLimit = logLimit;
    }

    public static EngineOptions defaults() {
        return new EngineOptions(null, List.of(), DEFAULT_LOG_LIMIT);
    }

    public static EngineOptions fromSystemProperties() {
        return from(System::getProperty);
    }

    /** Reads the {@code bivouac.*} properties from any source; a null or empty value means the default. */
    public static EngineOptions from(Function<String, @Nullable String> properties) {
        EngineOptions options = defaults();
        String store = properties.apply(STORE);
        if (store != null && !store.isBlank()) {
            options = options.withStore(Path.of(store));
        }
        String images = properties.apply(IMAGES);
        if (images != null && !images.isBlank()) {
            options = options.withImages(Arrays.stream(images.split(File.pathSeparator))
                    .filter(path -> !path.isBlank())
                    .map(Path::of)
                    .toList());
        }
        return options;
    }

    public EngineOptions withStore(Path folder) {
        return new EngineOptions(folder.toAbsolutePath().normalize(), images, logLimit);
    }

    public EngineOptions withImages(List<Path> sources) {
        return new EngineOptions(store, sources, logLimit);
    }

    /** How many bytes of a container's output are kept on disk; the oldest go first. Default 64 MiB. */
    public EngineOptions withLogLimit(long bytes) {
        if (bytes < 1 << 16) {
            throw new ConfigurationException("The log limit must be at least 65536 bytes, not " + bytes + ".");
        }
        return new EngineOptions(store, images, bytes);
    }

    /** Empty: the default place. */
    public Optional<Path> store() {
        return Optional.ofNullable(store);
    }

    public List<Path> images() {
        return images;
    }

    public long logLimit() {
        return logLimit;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EngineOptions options
                && Objects.equals(store, options.store)
                && images.equals(options.images)
                && logLimit == options.logLimit;
    }

    @Override
    public int hashCode() {
        return Objects.hash(store, images, logLimit);
    }

    @Override
    public String toString() {
        return "EngineOptions{store=" + store + ", images=" + images + ", logLimit=" + logLimit + "}";
    }
}
