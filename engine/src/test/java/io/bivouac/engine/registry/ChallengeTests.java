package io.bivouac.engine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChallengeTests {
    @Test
    void parametersMayBeQuoted() {
        assertThat(Challenge.parse(
                        List.of("Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
                                + "scope=\"repository:library/postgres:pull,push\"")))
                .containsExactly(new Challenge(
                        "bearer",
                        Map.of(
                                "realm",
                                "https://auth.docker.io/token",
                                "service",
                                "registry.docker.io",
                                "scope",
                                "repository:library/postgres:pull,push")));
    }

    @Test
    void oneHeaderMayHoldSeveral() {
        assertThat(Challenge.parse(List.of(
                        "Negotiate, Basic realm=\"a \\\"quoted\\\" one, with comma\" , Bearer realm=x", "NTLM")))
                .containsExactly(
                        new Challenge("negotiate", Map.of()),
                        new Challenge("basic", Map.of("realm", "a \"quoted\" one, with comma")),
                        new Challenge("bearer", Map.of("realm", "x")),
                        new Challenge("ntlm", Map.of()));
    }

    @Test
    void nonsenseIsPassedOver() {
        assertThat(Challenge.parse(List.of("", ",,,", "= =", "\"", "Basic realm=\"no end")))
                .containsExactly(new Challenge("basic", Map.of("realm", "no end")));
    }
}
