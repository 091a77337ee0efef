package io.bivouac.maven;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.ConfigurationException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgesTests {
    @Test
    void daysHoursAndMinutesAreKnown() {
        assertThat(Ages.parse("30d")).isEqualTo(Duration.ofDays(30));
        assertThat(Ages.parse(" 12h")).isEqualTo(Duration.ofHours(12));
        assertThat(Ages.parse("0m")).isEqualTo(Duration.ZERO);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "30", "d", "-1d", "1.5d", "30 days", "9999999d"})
    void whatIsNoneIsRefused(String text) {
        assertThatThrownBy(() -> Ages.parse(text))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("'" + text + "' is no age: write a whole number with d, h or m, such as 30d.");
    }
}
