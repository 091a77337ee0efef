package io.bivouac.engine.json;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Parses and writes JSON as plain Java values: {@code Map<String, Object>} in the order of the document, {@code List},
 * {@code String}, {@code Long}, {@code BigInteger} for whole numbers up to 20 digits that a long does not hold, {@code Double},
 * {@code Boolean}, {@code null}.
 *
 * <p>Documents come from images and registries and may be hostile: nesting is limited to {@value #DEPTH_LIMIT} levels,
 * duplicate keys are refused (two readers would disagree about them), and the text must be valid UTF-8.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8259">RFC 8259</a>
 */
public final class Json {
    private static final int DEPTH_LIMIT = 64;
    /** Numbers of 64 bits without sign have at most 20 digits; reading longer ones takes time beyond all measure. */
    private static final Pattern UNSIGNED = Pattern.compile("\\d{1,20}");

    private Json() {}

    /** Parses a document; {@link IllegalArgumentException} says where it is malformed. */
    public static @Nullable Object parse(byte[] document) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(document))
                    .toString();
            return parse(text);
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("not JSON: the text is not valid UTF-8", e);
        }
    }

    public static @Nullable Object parse(String document) {
        try (JsonReader reader = new JsonReader(new StringReader(document))) {
            reader.setStrictness(Strictness.STRICT);
            reader.setNestingLimit(DEPTH_LIMIT);
            Object value = value(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new IllegalArgumentException("not JSON: something follows the document");
            }
            return value;
        } catch (MalformedJsonException e) {
            throw new IllegalArgumentException("not JSON: " + firstLine(e), e);
        } catch (EOFException e) {
            throw new IllegalArgumentException("not JSON: the document ends too early", e);
        } catch (IOException | IllegalStateException | NumberFormatException e) {
            throw new IllegalArgumentException("not JSON: " + firstLine(e), e);
        }
    }

    /** Parses a document whose outermost value must be an object. */
    public static Map<String, @Nullable Object> parseObject(byte[] document) {
        return asObject(parse(document));
    }

    @SuppressWarnings("unchecked") // value() makes maps with string keys only
    private static Map<String, @Nullable Object> asObject(@Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return (Map<String, @Nullable Object>) map;
        }
        throw new IllegalArgumentException("not a JSON object");
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("malformed");
    }

    private static @Nullable Object value(JsonReader reader) throws IOException {
        return switch (reader.peek()) {
            case BEGIN_OBJECT -> object(reader);
            case BEGIN_ARRAY -> array(reader);
            case STRING -> reader.nextString();
            case NUMBER -> number(reader.nextString());
            case BOOLEAN -> reader.nextBoolean();
            case NULL -> {
                reader.nextNull();
                yield null;
            }
            default -> throw new MalformedJsonException("unexpected " + reader.peek());
        };
    }

    private static Object number(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            return UNSIGNED.matcher(text).matches() ? new BigInteger(text) : Double.valueOf(text);
        }
    }

    private static Map<String, @Nullable Object> object(JsonReader reader) throws IOException {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        reader.beginObject();
        while (reader.hasNext()) {
            String name = reader.nextName();
            if (object.containsKey(name)) {
                throw new MalformedJsonException("the key '" + name + "' occurs twice");
            }
            object.put(name, value(reader));
        }
        reader.endObject();
        return object;
    }

    private static List<@Nullable Object> array(JsonReader reader) throws IOException {
        List<@Nullable Object> array = new ArrayList<>();
        reader.beginArray();
        while (reader.hasNext()) {
            array.add(value(reader));
        }
        reader.endArray();
        return array;
    }

    /** Writes a value compactly, the same value always as the same bytes. */
    public static byte[] write(@Nullable Object value) {
        return write(value, "");
    }

    /** Writes a value for people, indented by two spaces, with a final newline. */
    public static byte[] writePretty(@Nullable Object value) {
        return write(value, "  ");
    }

    private static byte[] write(@Nullable Object value, String indent) {
        StringWriter text = new StringWriter();
        try (JsonWriter writer = new JsonWriter(text)) {
            writer.setHtmlSafe(false);
            writer.setIndent(indent);
            write(writer, value);
        } catch (IOException e) {
            throw new UncheckedIOException("a string writer does not fail", e);
        }
        if (!indent.isEmpty()) {
            text.append('\n');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void write(JsonWriter writer, @Nullable Object value) throws IOException {
        if (value instanceof Map<?, ?> map) {
            writer.beginObject();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                writer.name(String.valueOf(entry.getKey()));
                write(writer, entry.getValue());
            }
            writer.endObject();
        } else if (value instanceof List<?> list) {
            writer.beginArray();
            for (Object element : list) {
                write(writer, element);
            }
            writer.endArray();
        } else if (value instanceof Number number) {
            writer.value(number);
        } else if (value instanceof Boolean flag) {
            writer.value(flag);
        } else if (value == null) {
            writer.nullValue();
        } else {
            writer.value(value.toString());
        }
    }
}
