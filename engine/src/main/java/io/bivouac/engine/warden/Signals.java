package io.bivouac.engine.warden;

import io.bivouac.engine.ConfigurationException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Names and numbers of signals, the same on x86-64 and aarch64, see signal(7). */
public final class Signals {
    private static final String[] NAMES = {
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS"
    };
    private static final int FIRST_REALTIME = 34;
    private static final int LAST = 64;
    private static final Map<String, Integer> NUMBERS = new HashMap<>();

    static {
        for (int number = 1; number < NAMES.length; number++) {
            NUMBERS.put(NAMES[number], number);
        }
        NUMBERS.put("POLL", NUMBERS.get("IO"));
        NUMBERS.put("IOT", NUMBERS.get("ABRT"));
        NUMBERS.put("CLD", NUMBERS.get("CHLD"));
        for (int number = FIRST_REALTIME; number <= LAST; number++) {
            NUMBERS.put("RTMIN" + (number == FIRST_REALTIME ? "" : "+" + (number - FIRST_REALTIME)), number);
        }
        NUMBERS.put("RTMAX", LAST);
    }

    private Signals() {}

    /** {@code KILL}, {@code SIGKILL} or {@code 9}. */
    public static int number(String name) {
        return find(name)
                .orElseThrow(() -> new ConfigurationException(
                        "'" + name + "' is not a signal. Use a name such as SIGTERM or a number from 1 to 64."));
    }

    /** The same; empty when there is none of this name. */
    public static Optional<Integer> find(String name) {
        String upper = name.strip().toUpperCase(Locale.ROOT);
        if (upper.matches("\\d{1,2}")) {
            int number = Integer.parseInt(upper);
            if (number >= 1 && number <= LAST) {
                return Optional.of(number);
            }
        }
        return Optional.ofNullable(NUMBERS.get(upper.startsWith("SIG") ? upper.substring(3) : upper));
    }

    /** {@code SIGKILL}; empty for 0. */
    public static Optional<String> name(int number) {
        if (number <= 0) {
            return Optional.empty();
        }
        return Optional.of(number < NAMES.length ? "SIG" + NAMES[number] : "SIGRTMIN+" + (number - FIRST_REALTIME));
    }
}
