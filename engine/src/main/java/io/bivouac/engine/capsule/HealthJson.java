package io.bivouac.engine.capsule;

import io.bivouac.engine.Health;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What checks had found out. Sample: {@code {"status":"UNHEALTHY","failingStreak":3,"results":[{"start":"2026-01-01T00:00:00Z",
 * "end":"2026-01-01T00:00:01Z","exitCode":1,"output":"no answer"}]}}.
 */
final class HealthJson {
    private HealthJson() {}

    static Map<String, Object> toJson(Health health) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("status", health.status().name());
        json.put("failingStreak", (long) health.failingStreak());
        json.put("results", health.results().stream().map(HealthJson::toJson).toList());
        return json;
    }

    private static Map<String, Object> toJson(Health.Result result) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("start", result.start().toString());
        json.put("end", result.end().toString());
        json.put("exitCode", (long) result.exitCode());
        json.put("output", result.output());
        return json;
    }

    static Health of(JsonFields json) {
        List<Health.Result> results = new ArrayList<>();
        for (JsonFields result : json.objects("results")) {
            results.add(new Health.Result(
                    Instant.parse(result.requiredText("start")),
                    Instant.parse(result.requiredText("end")),
                    (int) result.number("exitCode"),
                    result.requiredText("output")));
        }
        return new Health(
                Health.Status.valueOf(json.requiredText("status")), (int) json.number("failingStreak"), results);
    }
}
