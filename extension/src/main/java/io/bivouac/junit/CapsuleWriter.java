package io.bivouac.junit;

import io.bivouac.engine.Capsule;
import io.bivouac.engine.Capsules;
import io.bivouac.engine.Capture;
import io.bivouac.engine.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;

/** Gives captures a place and says how to replay them. */
final class CapsuleWriter {
    private static final int NAME_LIMIT = 120;
    private static final int ATTEMPTS = 1000;

    private final Capsules capsules;
    private final Path folder;

    CapsuleWriter(Capsules capsules, Path folder) {
        this.capsules = capsules;
        this.folder = folder;
    }

    /**
     * Writes a capsule and returns the line that tells of it.
     *
     * @param baseName of its folder; each repetition gets a number
     */
    String write(Capture capture, Failure failure, String baseName) {
        Path target = freeName(baseName);
        Capsule capsule = capsules.write(capture, failure, target);
        return "Bivouac captured " + failure.testName() + ": " + shown(capsule.path()) + " (" + size(capsule.size())
                + "). Replay it: mvn io.bivouac:bivouac-maven-plugin:" + version() + ":replay -Dbivouac.replay="
                + quoted(shown(capsule.path()));
    }

    private synchronized Path freeName(String baseName) {
        String name = baseName.replaceAll("[^A-Za-z0-9._-]+", "_");
        String cut = name.substring(0, Math.min(name.length(), NAME_LIMIT));
        for (int number = 1; number <= ATTEMPTS; number++) {
            Path target = folder.resolve(cut + "-" + number);
            if (!Files.exists(target)) {
                return target;
            }
        }
        return folder.resolve(cut + "-" + System.nanoTime());
    }

    /** Relative to the working directory where it lies below: what people paste on the same machine. */
    private static Path shown(Path path) {
        Path working = Path.of("").toAbsolutePath();
        Path absolute = path.toAbsolutePath();
        return absolute.startsWith(working) ? working.relativize(absolute) : absolute;
    }

    private static String quoted(Path path) {
        String text = path.toString();
        return text.matches("[A-Za-z0-9._/=@%+:-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    private static String size(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }

    private static String version() {
        Properties properties = new Properties();
        try (InputStream in = CapsuleWriter.class.getResourceAsStream("version.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            // The line is still of use with the newest version.
        }
        return properties.getProperty("version", "LATEST");
    }
}
