package io.bivouac.engine.capsule;

import io.bivouac.engine.CapturedContainer;
import io.bivouac.engine.ContainerState;
import io.bivouac.engine.Failure;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Digest;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The facts about a failure, as a capsule's document holds them. Sample:
 * {@code {"version":1,"created":"2026-01-01T00:00:00Z","failure":{"testId":"[engine:…]",…},"containers":[{"name":"db",…}]}}.
 *
 * @param created when it was captured
 * @param failure what failed
 * @param containers in the order they were started
 */
public record CapsuleDocument(Instant created, Failure failure, List<CapturedContainer> containers) {
    /** The type of the artifact manifest and of the document in it. */
    public static final String MEDIA_TYPE = "application/vnd.bivouac.capsule.v1+json";

    private static final long VERSION = 1;

    public CapsuleDocument {
        containers = List.copyOf(containers);
    }

    /** The document; logs lie in blobs of their own. */
    public byte[] toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", VERSION);
        json.put("created", created.toString());
        Map<String, Object> failed = new LinkedHashMap<>();
        failed.put("testId", failure.testId());
        failed.put("testName", failure.testName());
        failed.put("exception", failure.exception());
        failed.put("stack", failure.stack());
        json.put("failure", failed);
        json.put("containers", containers.stream().map(CapsuleDocument::toJson).toList());
        return Json.writePretty(json);
    }

    private static Map<String, Object> toJson(CapturedContainer container) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", container.name());
        json.put("state", container.state().name());
        container.exitCode().ifPresent(code -> json.put("exitCode", (long) code));
        container.health().ifPresent(health -> json.put("health", HealthJson.toJson(health)));
        json.put("exact", container.exact());
        json.put("image", container.image().toString());
        json.put("pristine", container.pristine().toString());
        Map<String, Object> ports = new LinkedHashMap<>();
        container.ports().forEach((inside, host) -> ports.put(inside.toString(), (long) host));
        json.put("ports", ports);
        json.put("spec", SpecJson.toJson(container.spec()));
        return json;
    }

    /**
     * Reads a document; {@link IllegalArgumentException} says what is wrong with it.
     *
     * @param logs finds a container's log by its name
     */
    public static CapsuleDocument of(byte[] document, Function<String, String> logs) {
        JsonFields json = new JsonFields(Json.parseObject(document));
        if (json.number("version") != VERSION) {
            throw new IllegalArgumentException("it is of version " + json.number("version")
                    + ", written by a newer Bivouac; this one knows " + VERSION);
        }
        JsonFields failed = json.object("failure");
        List<CapturedContainer> containers = new ArrayList<>();
        try {
            for (JsonFields container : json.objects("containers")) {
                containers.add(container(container, logs));
            }
            return new CapsuleDocument(
                    Instant.parse(json.requiredText("created")),
                    new Failure(
                            failed.requiredText("testId"),
                            failed.requiredText("testName"),
                            failed.requiredText("exception"),
                            failed.requiredText("stack")),
                    containers);
        } catch (DateTimeParseException | io.bivouac.engine.ConfigurationException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static CapturedContainer container(JsonFields json, Function<String, String> logs) {
        String name = json.requiredText("name");
        return new CapturedContainer(
                name,
                SpecJson.of(json.object("spec")),
                Digest.parse(json.requiredText("image")),
                Digest.parse(json.requiredText("pristine")),
                json.ports("ports"),
                ContainerState.valueOf(json.requiredText("state")),
                json.has("exitCode") ? (int) json.number("exitCode") : null,
                json.has("health") ? HealthJson.of(json.object("health")) : null,
                json.flag("exact"),
                logs.apply(name));
    }
}
