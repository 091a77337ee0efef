package io.bivouac.engine.warden;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignalsTests {
    @ParameterizedTest
    @CsvSource({"KILL,9", "SIGKILL,9", "sigterm,15", "9,9", "64,64", "SIGRTMIN,34", "RTMIN+3,37", "SIGPOLL,29", "SYS,31"
    })
    void namesAndNumbersAreUnderstood(String name, int number) {
        assertThat(Signals.number(name)).isEqualTo(number);
    }

    @Test
    void numbersHaveNames() {
        assertThat(Signals.name(15)).contains("SIGTERM");
        assertThat(Signals.name(34)).contains("SIGRTMIN+0");
        assertThat(Signals.name(0)).isEmpty();
    }
}
