package io.bivouac.it.bench;

import io.bivouac.engine.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All samples of one run, and what could not be measured on this host. */
final class Report {
    static final String MILLISECONDS = "ms";

    private static final double NANOS_PER_MILLI = 1e6;

    private final Map<String, Sample> samples = new LinkedHashMap<>();
    private final Map<String, String> missing = new LinkedHashMap<>();

    void add(String name, String unit, double value) {
        addAll(name, unit, List.of(value));
    }

    void addNanos(String name, long nanos) {
        add(name, MILLISECONDS, nanos / NANOS_PER_MILLI);
    }

    void addAll(String name, String unit, List<Double> values) {
        samples.merge(name, new Sample(name, unit, values), (known, more) -> known.plus(more.values()));
    }

    /** Says why a row is not there. */
    void missing(String name, String reason) {
        missing.put(name, reason);
    }

    Map<String, String> missing() {
        return missing;
    }

    List<Sample> samples() {
        return List.copyOf(samples.values());
    }

    Optional<Sample> find(String name) {
        return Optional.ofNullable(samples.get(name));
    }

    void write(Path file) throws IOException {
        Map<String, Object> json = new LinkedHashMap<>();
        for (Sample sample : samples.values()) {
            json.put(sample.name(), Map.of("unit", sample.unit(), "values", sample.values()));
        }
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, Json.writePretty(json));
    }

    static Report read(Path file) throws IOException {
        Report report = new Report();
        for (Map.Entry<String, @Nullable Object> entry :
                Json.parseObject(Files.readAllBytes(file)).entrySet()) {
            Map<?, ?> sample = (Map<?, ?>) entry.getValue();
            List<Double> values = new ArrayList<>();
            if (sample.get("values") instanceof List<?> numbers) {
                numbers.forEach(number -> values.add(((Number) number).doubleValue()));
            }
            report.addAll(entry.getKey(), String.valueOf(sample.get("unit")), values);
        }
        return report;
    }
}
