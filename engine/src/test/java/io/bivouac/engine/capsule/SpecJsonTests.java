package io.bivouac.engine.capsule;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Healthcheck;
import io.bivouac.engine.IoLimits;
import io.bivouac.engine.PullPolicy;
import io.bivouac.engine.SeccompProfile;
import io.bivouac.engine.Wait;
import io.bivouac.engine.json.Json;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A specification comes out of a capsule as it went in. */
class SpecJsonTests {
    private static SeccompProfile carried(SeccompProfile profile) {
        ContainerSpec spec = ContainerSpec.of("alpine").withSeccomp(profile);
        byte[] document = Json.write(SpecJson.toJson(spec));
        return SpecJson.of(new JsonFields(Json.parseObject(document))).seccomp();
    }

    @Test
    void seccompProfileIsCarried() {
        SeccompProfile own = new SeccompProfile.Custom("unconfined", "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}");

        assertThat(carried(SeccompProfile.standard())).isEqualTo(SeccompProfile.standard());
        assertThat(carried(SeccompProfile.unconfined())).isEqualTo(SeccompProfile.unconfined());
        assertThat(carried(own)).isEqualTo(own);
    }

    @Test
    void everythingASpecificationSaysIsCarried() throws Exception {
        ContainerSpec spec = ContainerSpec.of("alpine")
                .withPullPolicy(PullPolicy.NEVER)
                .withName("all")
                .withEntrypoint("/entry")
                .withCommand("a", "b")
                .withEnv("KEY", "value")
                .withWorkingDir("/work")
                .withUser("1:2")
                .withHostname("host")
                .withPorts(80)
                .withFixedPort(81, 8081)
                .withBind(Path.of("/data"), "/data")
                .withTmpfs("/tmp")
                .withLabel("label", "of it")
                .withReadOnlyRoot()
                .withMemory("64m")
                .withCpus(1.5)
                .withPidsLimit(7)
                .withCapAdd("NET_ADMIN")
                .withCapDrop("ALL")
                .withPrivileged()
                .withNoNewPrivileges()
                .withGroups("staff", "7")
                .withUlimit("nofile", 10, -1)
                .withSysctl("net.core.somaxconn", "12")
                .withShmSize("1m")
                .withInit()
                .withTty()
                .withAppArmor("mine")
                .withSeccomp(SeccompProfile.unconfined())
                .withStopSignal("SIGINT")
                .withStopTimeout(Duration.ofSeconds(3))
                .withStartupTimeout(Duration.ofSeconds(4))
                .withHealthcheck(Healthcheck.shell("exit 1")
                        .withInterval(Duration.ofSeconds(5))
                        .withTimeout(Duration.ofSeconds(6))
                        .withStartPeriod(Duration.ofSeconds(7))
                        .withStartInterval(Duration.ofMillis(8))
                        .withRetries(9))
                .withWait(Wait.forLog("ready").times(2))
                .withWait(Wait.forHealthcheck().withTimeout(Duration.ofSeconds(10)));
        spec = spec.withLimits(
                spec.limits().withMemorySwap(1 << 30).withCpuset("0-1").withIo(new IoLimits(1, 2, 3, 4)));
        ContainerSpec carried = SpecJson.of(new JsonFields(Json.parseObject(Json.write(SpecJson.toJson(spec)))));
        ContainerSpec plain = ContainerSpec.of("alpine");

        for (Method getter : ContainerSpec.class.getMethods()) {
            if (getter.getDeclaringClass() == ContainerSpec.class
                    && getter.getParameterCount() == 0
                    && !getter.getName().startsWith("with")
                    && !getter.getName().equals("toString")) {
                assertThat(getter.invoke(carried))
                        .as(getter.getName())
                        .asString()
                        .isEqualTo(String.valueOf(getter.invoke(spec)));
                // Otherwise this test would not see that it is lost.
                if (!getter.getName().equals("image")) {
                    assertThat(getter.invoke(spec)).as(getter.getName()).isNotEqualTo(getter.invoke(plain));
                }
            }
        }
    }

    @Test
    void capsulesWithoutAProfileMeanTheStandardOne() {
        Map<String, Object> json = new LinkedHashMap<>(SpecJson.toJson(ContainerSpec.of("alpine")));
        json.remove("seccomp");

        assertThat(SpecJson.of(new JsonFields(Json.parseObject(Json.write(json))))
                        .seccomp())
                .isEqualTo(SeccompProfile.standard());
    }
}
