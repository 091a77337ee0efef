package io.bivouac.engine.seccomp;

import io.bivouac.engine.ConfigurationException;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An object of a profile's document; whatever is not as it must be is said with the place where it stands. */
final class ProfileFields {
    private static final int UNSIGNED_BITS = 64;

    private final String place;
    private final Map<?, ?> json;

    /**
     * @param place the beginning of a sentence: {@code The seccomp profile x, rule 3 (socket)}
     * @param known every field there may be
     */
    ProfileFields(String place, @Nullable Object value, List<String> known) {
        this.place = place;
        if (!(value instanceof Map<?, ?> map)) {
            throw wrong("this is not an object");
        }
        this.json = map;
        for (Object name : map.keySet()) {
            if (!known.contains(String.valueOf(name))) {
                throw wrong("the field '" + name + "' is unknown; known are " + String.join(", ", known));
            }
        }
    }

    ConfigurationException wrong(String problem) {
        return new ConfigurationException(place + ": " + problem + ".");
    }

    String place() {
        return place;
    }

    /** Null counts as absent: generated profiles are full of it. */
    boolean has(String name) {
        return json.get(name) != null;
    }

    Optional<String> text(String name) {
        Object value = json.get(name);
        if (value == null || value instanceof String) {
            return Optional.ofNullable((String) value);
        }
        throw wrong("the field '" + name + "' is not a text");
    }

    String requiredText(String name) {
        return text(name).orElseThrow(() -> wrong("the field '" + name + "' is missing"));
    }

    /** Empty when absent. */
    List<?> list(String name, int most) {
        Object value = json.get(name);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list)) {
            throw wrong("the field '" + name + "' is not a list");
        }
        if (list.size() > most) {
            throw wrong("the field '" + name + "' has " + list.size() + " elements; " + most + " are allowed");
        }
        return list;
    }

    List<String> texts(String name, int most) {
        List<?> list = list(name, most);
        for (Object element : list) {
            if (!(element instanceof String)) {
                throw wrong("the field '" + name + "' is not a list of texts");
            }
        }
        return list.stream().map(String.class::cast).toList();
    }

    ProfileFields object(String name, List<String> known) {
        Object value = json.get(name);
        return new ProfileFields(place + ", field '" + name + "'", value == null ? Map.of() : value, known);
    }

    /** 0 when absent. */
    int number(String name, int most) {
        Object value = json.get(name);
        if (value == null) {
            return 0;
        }
        if (value instanceof Long number && number >= 0 && number <= most) {
            return number.intValue();
        }
        throw wrong("the field '" + name + "' is " + value + "; allowed are whole numbers from 0 to " + most);
    }

    /** As a long without sign; 0 when absent. */
    long unsigned(String name) {
        Object value = json.get(name);
        if (value == null) {
            return 0;
        }
        if (value instanceof Long number && number >= 0) {
            return number;
        }
        if (value instanceof BigInteger number && number.signum() > 0 && number.bitLength() <= UNSIGNED_BITS) {
            return number.longValue();
        }
        throw wrong("the field '" + name + "' is " + value + "; allowed are whole numbers from 0 to "
                + Long.toUnsignedString(-1));
    }
}
