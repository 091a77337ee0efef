package io.bivouac.engine.seccomp;

import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** The numbers of system calls by their names, for every calling convention. */
final class SystemCalls {
    /** In the order of the table's columns. */
    private static final List<CallingConvention> COLUMNS = List.of(
            CallingConvention.X86_64,
            CallingConvention.X86,
            CallingConvention.X32,
            CallingConvention.AARCH64,
            CallingConvention.ARM);

    private static final Map<CallingConvention, Map<String, Integer>> TABLES = read();

    private SystemCalls() {}

    private static Map<CallingConvention, Map<String, Integer>> read() {
        Map<CallingConvention, Map<String, Integer>> tables = new EnumMap<>(CallingConvention.class);
        COLUMNS.forEach(convention -> tables.put(convention, new HashMap<>()));
        String text = new String(StandardProfile.resource("system-calls.txt"), StandardCharsets.US_ASCII);
        for (String line : text.lines().toList()) {
            if (line.startsWith("#")) {
                continue;
            }
            String[] words = line.split(" ", -1);
            for (int i = 0; i < COLUMNS.size(); i++) {
                if (!words[i + 1].equals("-")) {
                    tables.getOrDefault(COLUMNS.get(i), Map.of()).put(words[0], Integer.valueOf(words[i + 1]));
                }
            }
        }
        return tables;
    }

    /** The number without the convention's base; empty: there is no such call. */
    static OptionalInt number(CallingConvention convention, String name) {
        Integer number = all(convention).get(name);
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }

    static Map<String, Integer> all(CallingConvention convention) {
        return TABLES.getOrDefault(convention, Map.of());
    }
}
