package io.bivouac.engine;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as people write them. */
final class Sizes {
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,15})(?:([kmgt])(?:i?b)?|b)?");
    private static final String UNITS = "kmgt";
    private static final int BITS_PER_UNIT = 10;

    private Sizes() {}

    /** Bytes of {@code 64m}, {@code 512MiB}, {@code 1g} or {@code 4096}; units are powers of 1024, as Docker's are. */
    static long parse(String text) {
        Matcher matcher = SIZE.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new ConfigurationException(
                    "'" + text + "' is not a size: write bytes, or a whole number with k, m, g or t, such as 512m.");
        }
        long number = Long.parseLong(matcher.group(1));
        String unit = matcher.group(2);
        int shift = unit == null ? 0 : (UNITS.indexOf(unit) + 1) * BITS_PER_UNIT;
        if (number > Long.MAX_VALUE >> shift) {
            throw new ConfigurationException("'" + text + "' is more than any computer has.");
        }
        return number << shift;
    }
}
