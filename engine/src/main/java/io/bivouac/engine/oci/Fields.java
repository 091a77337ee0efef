package io.bivouac.engine.oci;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads fields of parsed JSON; a field of the wrong type is an {@link IllegalArgumentException} that names it. */
final class Fields {
    private Fields() {}

    static String text(Map<String, ?> json, String name, String absent) {
        Object value = json.get(name);
        if (value == null) {
            return absent;
        }
        if (value instanceof String text) {
            return text;
        }
        throw wrong(name, "a string", value);
    }

    static String requiredText(Map<String, ?> json, String name) {
        if (json.get(name) == null) {
            throw new IllegalArgumentException("the field '" + name + "' is missing");
        }
        return text(json, name, "");
    }

    static long number(Map<String, ?> json, String name, long absent) {
        return json.get(name) == null ? absent : requiredNumber(json, name);
    }

    static long requiredNumber(Map<String, ?> json, String name) {
        Object value = json.get(name);
        if (value instanceof Long number) {
            return number;
        }
        throw wrong(name, "a whole number", value);
    }

    static List<String> texts(Map<String, ?> json, String name) {
        List<String> texts = new ArrayList<>();
        for (Object element : list(json, name)) {
            if (!(element instanceof String text)) {
                throw wrong(name, "a list of strings", element);
            }
            texts.add(text);
        }
        return List.copyOf(texts);
    }

    static List<Map<String, ?>> objects(Map<String, ?> json, String name) {
        List<Map<String, ?>> objects = new ArrayList<>();
        for (Object element : list(json, name)) {
            objects.add(asObject(name, element));
        }
        return objects;
    }

    static Map<String, ?> object(Map<String, ?> json, String name) {
        Object value = json.get(name);
        return value == null ? Map.of() : asObject(name, value);
    }

    private static List<?> list(Map<String, ?> json, String name) {
        Object value = json.get(name);
        if (value == null) {
            return List.of();
        }
        if (value instanceof List<?> list) {
            return list;
        }
        throw wrong(name, "a list", value);
    }

    @SuppressWarnings("unchecked") // the parser makes maps with string keys only
    private static Map<String, ?> asObject(String name, Object value) {
        if (value instanceof Map<?, ?> map) {
            return (Map<String, ?>) map;
        }
        throw wrong(name, "an object", value);
    }

    private static IllegalArgumentException wrong(
            String name, String expected, @org.jspecify.annotations.Nullable Object value) {
        return new IllegalArgumentException("the field '" + name + "' is not " + expected + " but " + value);
    }
}
