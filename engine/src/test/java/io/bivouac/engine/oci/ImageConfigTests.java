package io.bivouac.engine.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

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
