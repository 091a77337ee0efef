package io.bivouac.junit;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.EngineOptions;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** The {@code bivouac.*} properties as a test sees them: configuration parameters, else system properties. */
final class Settings {
    private static final String CAPTURE = "bivouac.capture";
    private static final String CAPSULES = "bivouac.capsules";
    private static final String UNSUPPORTED = "bivouac.unsupported";

    private final ExtensionContext context;

    Settings(ExtensionContext context) {
        this.context = context;
    }

    private Optional<String> get(String key) {
        return context.getConfigurationParameter(key).filter(value -> !value.isBlank());
    }

    EngineOptions engineOptions() {
        return EngineOptions.from(key -> get(key).orElse(null));
    }

    /** Whether tests are skipped where containers cannot run. */
    boolean skipsUnsupported() {
        return choice(UNSUPPORTED, Unsupported.class).orElse(Unsupported.FAIL) == Unsupported.SKIP;
    }

    private enum Unsupported {
        FAIL,
        SKIP
    }

    CaptureMode captureMode() {
        return choice(CAPTURE, CaptureMode.class)
                .or(() -> context.getTestClass()
                        .flatMap(type -> AnnotationSupport.findAnnotation(
                                type, Bivouac.class, context.getEnclosingTestClasses()))
                        .map(Bivouac::capture))
                .orElse(CaptureMode.ON_FAILURE);
    }

    private <E extends Enum<E>> Optional<E> choice(String key, Class<E> type) {
        return get(key).map(value -> {
            String constant = value.toUpperCase(Locale.ROOT).replace('-', '_');
            return Arrays.stream(type.getEnumConstants())
                    .filter(candidate -> candidate.name().equals(constant))
                    .findFirst()
                    .orElseThrow(() -> new ConfigurationException(key + "=" + value + " is not one of "
                            + Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT) + "."));
        });
    }

    /** The folder capsules are written to: {@code target/bivouac/capsules} beside the tested classes. */
    Path capsules() {
        return get(CAPSULES)
                .map(Path::of)
                .orElseGet(() -> buildFolder().resolve("bivouac").resolve("capsules"));
    }

    private Path buildFolder() {
        Optional<Path> classes = context.getTestClass().flatMap(Settings::location);
        for (Path folder = classes.orElse(null); folder != null; folder = folder.getParent()) {
            Path name = folder.getFileName();
            if (name != null
                    && (name.toString().equals("target") || name.toString().equals("build"))) {
                return folder;
            }
        }
        return Path.of("target").toAbsolutePath();
    }

    private static Optional<Path> location(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        try {
            return source == null || source.getLocation() == null
                    ? Optional.empty()
                    : Optional.of(Path.of(source.getLocation().toURI()));
        } catch (URISyntaxException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
