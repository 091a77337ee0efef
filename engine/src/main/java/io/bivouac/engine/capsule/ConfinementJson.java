package io.bivouac.engine.capsule;

import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.IoLimits;
import io.bivouac.engine.Limits;
import io.bivouac.engine.Ulimit;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a specification says about limits and powers; whatever is missing, as in older capsules, has its default. */
final class ConfinementJson {
    private ConfinementJson() {}

    static Map<String, Object> toJson(ContainerSpec spec) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("limits", toJson(spec.limits()));
        json.put("capAdd", spec.capAdd());
        json.put("capDrop", spec.capDrop());
        json.put("privileged", spec.privileged());
        json.put("noNewPrivileges", spec.noNewPrivileges());
        json.put("groups", spec.groups());
        json.put(
                "ulimits",
                spec.ulimits().stream()
                        .map(ulimit -> Map.of("name", ulimit.name(), "soft", ulimit.soft(), "hard", ulimit.hard()))
                        .toList());
        json.put("sysctls", spec.sysctls());
        json.put("shmSize", spec.shmSize());
        json.put("init", spec.init());
        json.put("tty", spec.tty());
        return json;
    }

    private static Map<String, Object> toJson(Limits limits) {
        Map<String, Object> json = new LinkedHashMap<>();
        limits.memory().ifPresent(memory -> json.put("memory", memory));
        limits.memorySwap().ifPresent(swap -> json.put("memorySwap", swap));
        limits.cpus().ifPresent(cpus -> json.put("cpus", Double.toString(cpus)));
        limits.cpuset().ifPresent(cpus -> json.put("cpuset", cpus));
        limits.pids().ifPresent(pids -> json.put("pids", pids));
        limits.io()
                .ifPresent(io -> json.put(
                        "io",
                        Map.of(
                                "readBytes", io.readBytesPerSecond(),
                                "writeBytes", io.writeBytesPerSecond(),
                                "reads", io.readsPerSecond(),
                                "writes", io.writesPerSecond())));
        return json;
    }

    static ContainerSpec apply(JsonFields json, ContainerSpec given) {
        ContainerSpec spec = given.withLimits(limits(json.object("limits")))
                .withCapAdd(json.texts("capAdd").toArray(String[]::new))
                .withCapDrop(json.texts("capDrop").toArray(String[]::new))
                .withGroups(json.texts("groups").toArray(String[]::new))
                .withShmSize(Long.toString(json.number("shmSize")));
        for (JsonFields ulimit : json.objects("ulimits")) {
            Ulimit read = new Ulimit(ulimit.requiredText("name"), ulimit.number("soft"), ulimit.number("hard"));
            spec = spec.withUlimit(read.name(), read.soft(), read.hard());
        }
        for (Map.Entry<String, String> sysctl : json.textMap("sysctls").entrySet()) {
            spec = spec.withSysctl(sysctl.getKey(), sysctl.getValue());
        }
        spec = json.flag("privileged") ? spec.withPrivileged() : spec;
        spec = json.flag("noNewPrivileges") ? spec.withNoNewPrivileges() : spec;
        spec = json.flag("init") ? spec.withInit() : spec;
        return json.flag("tty") ? spec.withTty() : spec;
    }

    private static Limits limits(JsonFields json) {
        Limits limits = Limits.none();
        limits = json.has("memory") ? limits.withMemory(json.number("memory")) : limits;
        limits = json.has("memorySwap") ? limits.withMemorySwap(json.number("memorySwap")) : limits;
        limits = json.has("cpus") ? limits.withCpus(Double.parseDouble(json.requiredText("cpus"))) : limits;
        limits = json.has("cpuset") ? limits.withCpuset(json.requiredText("cpuset")) : limits;
        limits = json.has("pids") ? limits.withPids(json.number("pids")) : limits;
        return json.has("io") ? limits.withIo(io(json.object("io"))) : limits;
    }

    private static IoLimits io(JsonFields json) {
        return new IoLimits(
                json.number("readBytes"), json.number("writeBytes"), json.number("reads"), json.number("writes"));
    }
}
