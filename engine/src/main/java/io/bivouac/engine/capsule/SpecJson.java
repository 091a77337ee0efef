package io.bivouac.engine.capsule;

import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Healthcheck;
import io.bivouac.engine.Mount;
import io.bivouac.engine.PullPolicy;
import io.bivouac.engine.SeccompProfile;
import io.bivouac.engine.Wait;
import io.bivouac.engine.oci.HealthcheckConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Specifications in a capsule's document, complete: a replay starts from them. */
final class SpecJson {
    private SpecJson() {}

    static Map<String, Object> toJson(ContainerSpec spec) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("image", spec.image());
        json.put("pullPolicy", spec.pullPolicy().name());
        spec.name().ifPresent(name -> json.put("name", name));
        spec.entrypoint().ifPresent(entrypoint -> json.put("entrypoint", entrypoint));
        spec.command().ifPresent(command -> json.put("command", command));
        json.put("env", spec.env());
        spec.workingDir().ifPresent(directory -> json.put("workingDir", directory));
        spec.user().ifPresent(user -> json.put("user", user));
        spec.hostname().ifPresent(hostname -> json.put("hostname", hostname));
        Map<String, Object> ports = new LinkedHashMap<>();
        spec.ports().forEach((container, host) -> ports.put(container.toString(), (long) host));
        json.put("ports", ports);
        json.put("mounts", spec.mounts().stream().map(SpecJson::toJson).toList());
        json.put("labels", spec.labels());
        json.put("readOnlyRoot", spec.readOnlyRoot());
        json.put("seccomp", toJson(spec.seccomp()));
        spec.appArmor().ifPresent(profile -> json.put("appArmor", profile));
        json.put("confinement", ConfinementJson.toJson(spec));
        spec.stopSignal().ifPresent(signal -> json.put("stopSignal", signal));
        json.put("stopTimeout", spec.stopTimeout().toString());
        json.put("startupTimeout", spec.startupTimeout().toString());
        spec.healthcheck()
                .ifPresent(check -> json.put("healthcheck", check.config().toJson()));
        json.put("waits", spec.waits().stream().map(SpecJson::toJson).toList());
        return json;
    }

    private static Map<String, Object> toJson(Mount mount) {
        Map<String, Object> json = new LinkedHashMap<>();
        if (mount instanceof Mount.Bind bind) {
            json.put("bind", bind.source().toString());
            json.put("readOnly", bind.readOnly());
        } else if (mount instanceof Mount.Tmpfs tmpfs) {
            json.put("tmpfs", tmpfs.size());
        }
        json.put("target", mount.target());
        return json;
    }

    private static Map<String, Object> toJson(SeccompProfile profile) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", profile.toString());
        if (profile instanceof SeccompProfile.Custom custom) {
            json.put("document", custom.document());
        }
        return json;
    }

    private static Map<String, Object> toJson(Wait wait) {
        Map<String, Object> json = new LinkedHashMap<>();
        if (wait instanceof Wait.Log log) {
            json.put("log", log.pattern().pattern());
            json.put("flags", (long) log.pattern().flags());
            json.put("times", (long) log.times());
        } else if (wait instanceof Wait.Port port) {
            json.put("port", (long) port.port());
        } else if (wait instanceof Wait.Command command) {
            json.put("command", command.command());
        } else if (wait instanceof Wait.Exit exit) {
            json.put("exit", (long) exit.code());
        } else if (wait instanceof Wait.Health) {
            json.put("health", true);
        }
        wait.timeout().ifPresent(timeout -> json.put("timeout", timeout.toString()));
        return json;
    }

    static ContainerSpec of(JsonFields json) {
        ContainerSpec spec = ContainerSpec.of(json.requiredText("image")).withEnv(json.textMap("env"));
        if (json.has("pullPolicy")) {
            spec = spec.withPullPolicy(PullPolicy.valueOf(json.requiredText("pullPolicy")));
        }
        if (json.has("name")) {
            spec = spec.withName(json.requiredText("name"));
        }
        if (json.has("entrypoint")) {
            spec = spec.withEntrypoint(json.texts("entrypoint"));
        }
        if (json.has("command")) {
            spec = spec.withCommand(json.texts("command"));
        }
        if (json.has("workingDir")) {
            spec = spec.withWorkingDir(json.requiredText("workingDir"));
        }
        if (json.has("user")) {
            spec = spec.withUser(json.requiredText("user"));
        }
        if (json.has("hostname")) {
            spec = spec.withHostname(json.requiredText("hostname"));
        }
        if (json.has("stopSignal")) {
            spec = spec.withStopSignal(json.requiredText("stopSignal"));
        }
        return lists(json, spec)
                .withStopTimeout(Duration.parse(json.requiredText("stopTimeout")))
                .withStartupTimeout(Duration.parse(json.requiredText("startupTimeout")));
    }

    private static ContainerSpec lists(JsonFields json, ContainerSpec given) {
        ContainerSpec spec = given;
        for (Map.Entry<Integer, Integer> port : json.ports("ports").entrySet()) {
            spec = port.getValue() == 0
                    ? spec.withPorts(port.getKey())
                    : spec.withFixedPort(port.getKey(), port.getValue());
        }
        for (JsonFields mount : json.objects("mounts")) {
            spec = spec.withMount(mount(mount));
        }
        for (Map.Entry<String, String> label : json.textMap("labels").entrySet()) {
            spec = spec.withLabel(label.getKey(), label.getValue());
        }
        if (json.flag("readOnlyRoot")) {
            spec = spec.withReadOnlyRoot();
        }
        if (json.has("seccomp")) {
            spec = spec.withSeccomp(seccomp(json.object("seccomp")));
        }
        if (json.has("appArmor")) {
            spec = spec.withAppArmor(json.requiredText("appArmor"));
        }
        if (json.has("confinement")) {
            spec = ConfinementJson.apply(json.object("confinement"), spec);
        }
        if (json.has("healthcheck")) {
            spec = spec.withHealthcheck(new Healthcheck(
                    HealthcheckConfig.of(json.object("healthcheck").json())));
        }
        List<Wait> waits = new ArrayList<>();
        json.objects("waits").forEach(wait -> waits.add(wait(wait)));
        if (waits.isEmpty()) {
            return spec.withoutWaits();
        }
        for (Wait wait : waits) {
            spec = spec.withWait(wait);
        }
        return spec;
    }

    private static Mount mount(JsonFields json) {
        String target = json.requiredText("target");
        return json.has("bind")
                ? new Mount.Bind(Path.of(json.requiredText("bind")), target, json.flag("readOnly"))
                : new Mount.Tmpfs(target, json.number("tmpfs"));
    }

    private static SeccompProfile seccomp(JsonFields json) {
        String name = json.requiredText("name");
        if (json.has("document")) {
            return new SeccompProfile.Custom(name, json.requiredText("document"));
        }
        return name.equals(SeccompProfile.unconfined().toString())
                ? SeccompProfile.unconfined()
                : SeccompProfile.standard();
    }

    private static Wait wait(JsonFields json) {
        Wait wait;
        if (json.has("log")) {
            Pattern pattern = Pattern.compile(json.requiredText("log"), (int) json.number("flags"));
            wait = new Wait.Log(pattern, (int) json.number("times"), null);
        } else if (json.has("port")) {
            wait = Wait.forPort((int) json.number("port"));
        } else if (json.has("command")) {
            wait = new Wait.Command(json.texts("command"), null);
        } else if (json.flag("health")) {
            wait = Wait.forHealthcheck();
        } else {
            wait = Wait.forExit((int) json.number("exit"));
        }
        return json.has("timeout") ? wait.withTimeout(Duration.parse(json.requiredText("timeout"))) : wait;
    }
}
