package io.bivouac.engine.capsule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fields of a document somebody else may have written: a missing or mistyped one is an {@link IllegalArgumentException}. */
record JsonFields(Map<String, ? extends @Nullable Object> json) {
    boolean has(String name) {
        return json.get(name) != null;
    }

    String requiredText(String name) {
        if (json.get(name) instanceof String text) {
            return text;
        }
        throw wrong(name, "a text");
    }

    long number(String name) {
        if (json.get(name) instanceof Long number) {
            return number;
        }
        throw wrong(name, "a whole number");
    }

    boolean flag(String name) {
        return Boolean.TRUE.equals(json.get(name));
    }

    List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        for (Object element : list(name)) {
            if (!(element instanceof String text)) {
                throw wrong(name, "a list of texts");
            }
            texts.add(text);
        }
        return texts;
    }

    Map<String, String> textMap(String name) {
        Map<String, String> map = new LinkedHashMap<>();
        object(name).json().forEach((key, value) -> map.put(key, String.valueOf(value)));
        return map;
    }

    Map<Integer, Integer> ports(String name) {
        Map<Integer, Integer> ports = new LinkedHashMap<>();
        JsonFields object = object(name);
        for (String key : object.json().keySet()) {
            if (!key.matches("\\d{1,5}")) {
                throw wrong(name, "a map of ports");
            }
            ports.put(Integer.valueOf(key), (int) object.number(key));
        }
        return ports;
    }

    List<JsonFields> objects(String name) {
        List<JsonFields> objects = new ArrayList<>();
        for (Object element : list(name)) {
            objects.add(asObject(name, element));
        }
        return objects;
    }

    JsonFields object(String name) {
        return asObject(name, json.get(name));
    }

    private List<?> list(String name) {
        if (json.get(name) instanceof List<?> list) {
            return list;
        }
        throw wrong(name, "a list");
    }

    @SuppressWarnings("unchecked") // the parser makes maps with string keys only
    private static JsonFields asObject(String name, @Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return new JsonFields((Map<String, ? extends @Nullable Object>) map);
        }
        throw wrong(name, "an object");
    }

    private static IllegalArgumentException wrong(String name, String expected) {
        return new IllegalArgumentException("the field '" + name + "' is not " + expected);
    }
}
