package io.bivouac.maven;

import io.bivouac.engine.ConfigurationException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Spans of time as people write them. */
final class Ages {
    private static final Pattern AGE = Pattern.compile("(\\d{1,6})([dhm])");

    private Ages() {}

    static Duration parse(String text) {
        Matcher matcher = AGE.matcher(text.strip());
        if (!matcher.matches()) {
            throw new ConfigurationException(
                    "'" + text + "' is no age: write a whole number with d, h or m, such as 30d.");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "d" -> Duration.ofDays(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofMinutes(number);
        };
    }
}
