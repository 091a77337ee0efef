package io.bivouac.engine.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PaxRecordsTests {
    private static final byte[] CAPABILITY = {1, 0, 0, 2, (byte) 0x80, (byte) 0xff, 0, 10, 61};

    @Test
    void bytesAreKept() throws Exception {
        Map<String, byte[]> records = new TreeMap<>();
        records.put("path", new byte[] {'a', (byte) 0xff, '\n', '='});
        records.put("SCHILY.xattr.security.capability", CAPABILITY);
        for (int length : new int[] {1, 88, 89, 90, 91, 985, 986, 987, 988}) {
            records.put("k" + length, new byte[length]);
        }

        Map<String, byte[]> parsed = new TreeMap<>();
        PaxRecords.parse(PaxRecords.format(records)).forEach(found -> parsed.put(found.key(), found.value()));

        assertThat(parsed.keySet()).isEqualTo(records.keySet());
        records.forEach((key, value) -> assertThat(parsed.get(key)).as(key).isEqualTo(value));
    }

    @Test
    void malformedOnesAreRefused() {
        for (String text : List.of("5 a=b\n", "99 a=b\n", "x a=b\n", "6 ab\n\n", "0 a=b\n", "12", "7 a=bc ")) {
            assertThatThrownBy(() -> PaxRecords.parse(text.getBytes(StandardCharsets.US_ASCII)))
                    .as(text)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("a PAX header is malformed at byte ");
        }
    }
}
