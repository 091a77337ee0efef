package io.bivouac.engine.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageConfigTests {
    private static final Digest LAYER = new Digest("a".repeat(64));

    private static ImageConfig parse(String json) {
        return ImageConfig.of(Json.parseObject(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void defaultsAreThoseOfTheSpecification() {
        ImageConfig config = parse("{'os':'linux','architecture':'amd64'}");

        assertThat(config.workingDirectory()).isEqualTo("/");
        assertThat(config.user()).isEmpty();
        assertThat(config.entrypoint()).isEmpty();
        assertThat(config.stopSignal()).isEmpty();
        assertThat(config.diffIds()).isEmpty();
    }

    @Test
    void fieldsAreRead() {
        ImageConfig config = parse("{'os':'linux','architecture':'arm64','variant':'v8','config':{'Entrypoint':['/e'],"
                + "'Cmd':['a','b'],'Env':['A=1','B=x=y','broken'],'User':'me','WorkingDir':'/w','ExposedPorts':{'80/tcp':{}},"
                + "'Volumes':{'/data':{}},'Labels':{'k':'v'},'StopSignal':'SIGINT'}}");

        assertThat(config.platform()).hasToString("linux/arm64/v8");
        assertThat(config.entrypoint()).containsExactly("/e");
        assertThat(config.command()).containsExactly("a", "b");
        assertThat(config.environment()).containsExactly(Map.entry("A", "1"), Map.entry("B", "x=y"));
        assertThat(config.exposedPorts()).containsExactly("80/tcp");
        assertThat(config.volumes()).containsExactly("/data");
        assertThat(config.labels()).containsExactly(Map.entry("k", "v"));
        assertThat(config.stopSignal()).contains("SIGINT");
    }

    @Test
    void healthcheckShellAndTriggersAreRead() {
        ImageConfig none = parse("{'config':{}}");
        ImageConfig config = parse("{'config':{'Healthcheck':{'Test':['CMD','x'],'Interval':1500000000,'Retries':2},"
                + "'Shell':['/bin/bash','-c'],'OnBuild':['RUN a','COPY b c']}}");

        assertThat(none.healthcheck()).isEmpty();
        assertThat(none.shell()).containsExactly("/bin/sh", "-c");
        assertThat(none.onBuild()).isEmpty();
        assertThat(config.healthcheck())
                .contains(new HealthcheckConfig(
                        List.of("CMD", "x"), Duration.ofMillis(1500), Duration.ZERO, Duration.ZERO, Duration.ZERO, 2));
        assertThat(config.healthcheck().orElseThrow().toJson())
                .isEqualTo(Map.of("Test", List.of("CMD", "x"), "Interval", 1_500_000_000L, "Retries", 2L));
        assertThat(config.shell()).containsExactly("/bin/bash", "-c");
        assertThat(config.onBuild()).containsExactly("RUN a", "COPY b c");
    }

    @Test
    void newLayerKeepsUnknownFieldsAndCountsHistory() {
        ImageConfig config = parse("{'os':'linux','architecture':'amd64','x-unknown':{'deep':[1,2.5,null,true]},"
                + "'config':{'Shell':['/bin/sh'],'OnBuild':['RUN x'],'Healthcheck':{'Test':['NONE']}},"
                + "'rootfs':{'type':'layers','diff_ids':['sha256:" + "b".repeat(64) + "']},"
                + "'history':[{'created_by':'one'},{'created_by':'env','empty_layer':true}]}");

        ImageConfig committed = config.withLayer(LAYER, "2026-01-01T00:00:00Z", "commit");

        assertThat(committed.diffIds()).hasSize(2).last().isEqualTo(LAYER);
        assertThat(committed.json().get("x-unknown")).isEqualTo(config.json().get("x-unknown"));
        assertThat(committed.json().get("config")).isEqualTo(config.json().get("config"));
        assertThat((List<?>) committed.json().get("history")).hasSize(3);
        assertThat(parse(new String(Json.write(committed.json()), StandardCharsets.UTF_8).replace('"', '\'')))
                .isEqualTo(committed);
    }

    @Test
    void historyThatCountsWrongIsMended() {
        String layers = "'rootfs':{'type':'layers','diff_ids':['sha256:" + "b".repeat(64) + "']}";
        ImageConfig none = parse("{'os':'linux','architecture':'amd64'," + layers + "}");
        ImageConfig many = parse("{'os':'linux','architecture':'amd64'," + layers + ",'history':[{},{},{}]}");

        assertThat((List<?>) none.withLayer(LAYER, "t", "c").json().get("history"))
                .hasSize(2);
        assertThat((List<?>) many.withLayer(LAYER, "t", "c").json().get("history"))
                .hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'User':1|the field 'User' is not a string but 1",
                "'WorkingDir':[]|the field 'WorkingDir' is not a string but []",
                "'ExposedPorts':['80']|the field 'ExposedPorts' is not an object but [80]",
                "'Volumes':'/v'|the field 'Volumes' is not an object but /v",
                "'Labels':true|the field 'Labels' is not an object but true",
                "'StopSignal':9|the field 'StopSignal' is not a string but 9",
                "'Healthcheck':'x'|the field 'Healthcheck' is not an object but x",
                "'Healthcheck':{'Test':'x'}|the field 'Test' is not a list but x",
                "'Healthcheck':{'Interval':'30s'}|the field 'Interval' is not a whole number but 30s",
                "'Shell':'sh'|the field 'Shell' is not a list but sh",
                "'OnBuild':[1]|the field 'OnBuild' is not a list of strings but 1",
            })
    void wrongTypeOfAnyFieldIsSaidWhenTheImageComesIn(String field, String message) {
        assertThatThrownBy(() -> parse("{'config':{" + field + "}}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void wrongTypesAreNamed() {
        assertThatThrownBy(() -> parse("{'config':{'Cmd':'sh'}}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the field 'Cmd' is not a list but sh");
        assertThatThrownBy(() -> parse("{'rootfs':{'diff_ids':['sha256:../..']}}"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void chainIdsAreThoseOfTheSpecification() {
        Digest first = new Digest("1".repeat(64));
        Digest second = new Digest("2".repeat(64));

        assertThat(ChainId.of(List.of(first, second)))
                .containsExactly(first, Digest.of((first + " " + second).getBytes(StandardCharsets.US_ASCII)));
    }
}
