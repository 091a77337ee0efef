package io.bivouac.engine.doctor;

import io.bivouac.engine.Diagnosis;
import io.bivouac.engine.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The findings of one host. */
record HostDiagnosis(List<Finding> findings) implements Diagnosis {
    HostDiagnosis {
        findings = List.copyOf(findings);
    }

    @Override
    public String toJson() {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("containers", canRunContainers());
        json.put("complete", isComplete());
        List<@Nullable Object> list = new ArrayList<>();
        for (Finding finding : findings) {
            Map<String, @Nullable Object> each = new LinkedHashMap<>();
            each.put("subject", finding.subject());
            each.put("level", finding.level().name().toLowerCase(Locale.ROOT));
            each.put("found", finding.found());
            each.put("evidence", finding.evidence());
            if (!finding.remedy().isEmpty()) {
                each.put("remedy", finding.remedy());
            }
            list.add(each);
        }
        json.put("findings", list);
        return new String(Json.writePretty(json), StandardCharsets.UTF_8);
    }
}
