package io.bivouac.engine.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTests {
    @Test
    void valuesBecomePlainJava() {
        assertThat(Json.parse("{\"a\":[1,-2,9007199254740993,2.5,1e3,\"x\\u00e4\",true,null,{}]}"))
                .isEqualTo(Map.of(
                        "a", Arrays.asList(1L, -2L, 9007199254740993L, 2.5, 1000.0, "xä", true, null, Map.of())));
    }

    @Test
    void wholeNumbersBeyondALongAreExactUpToTwentyDigits() {
        assertThat(Json.parse("[18446744073709551615,99999999999999999999,100000000000000000000]"))
                .isEqualTo(
                        List.of(new BigInteger("18446744073709551615"), new BigInteger("99999999999999999999"), 1e20));
        assertThat(new String(Json.write(Json.parse("18446744073709551615")), StandardCharsets.UTF_8))
                .isEqualTo("18446744073709551615");
    }

    @Test
    void orderOfKeysIsKept() {
        byte[] document = "{\"z\":1,\"a\":{\"y\":[],\"b\":null},\"m\":\"<>&=\"}".getBytes(StandardCharsets.UTF_8);

        assertThat(new String(Json.write(Json.parse(document)), StandardCharsets.UTF_8))
                .isEqualTo(new String(document, StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{\"a\":1,}",
                "[1 2]",
                "{'a':1}",
                "nul",
                "{\"a\":1} x",
                "01",
                "\"\\x\"",
                "{\"a\" 1}",
                "[NaN]",
                "// c\n1"
            })
    void malformedDocumentsAreRefused(String document) {
        assertThatThrownBy(() -> Json.parse(document))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("not JSON: ");
    }

    @Test
    void duplicateKeysAreRefused() {
        assertThatThrownBy(() -> Json.parse("{\"a\":1,\"a\":2}")).hasMessageContaining("the key 'a' occurs twice");
    }

    @Test
    void nestingIsLimited() {
        assertThat(Json.parse("[".repeat(60) + "]".repeat(60))).isNotNull();
        assertThatThrownBy(() -> Json.parse("[".repeat(100_000))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void textMustBeUtf8() {
        assertThatThrownBy(() -> Json.parse(new byte[] {'"', (byte) 0xff, '"'}))
                .hasMessage("not JSON: the text is not valid UTF-8");
    }
}
