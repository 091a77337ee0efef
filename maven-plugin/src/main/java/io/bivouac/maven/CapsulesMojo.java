package io.bivouac.maven;

import io.bivouac.engine.Capsule;
import io.bivouac.engine.CapturedContainer;
import io.bivouac.engine.Engine;
import java.io.File;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/** Lists the capsules that failed tests left. */
@Mojo(name = "capsules", requiresProject = false, threadSafe = true)
public class CapsulesMojo extends AbstractBivouacMojo {
    /** The folder they lie in. */
    @Parameter(property = "bivouac.capsules", defaultValue = "target/bivouac/capsules", required = true)
    @SuppressWarnings("NullAway.Init") // injected by Maven
    private File capsules;

    @Override
    protected void run() {
        try (Engine engine = Engine.open(engineOptions())) {
            List<List<String>> rows = new ArrayList<>();
            rows.add(List.of("TEST", "CAPTURED", "CONTAINERS", "SIZE", "CAPSULE"));
            for (Capsule capsule : engine.capsules().list(capsules.toPath())) {
                rows.add(List.of(
                        capsule.failure().testName(),
                        capsule.created().truncatedTo(ChronoUnit.SECONDS).toString(),
                        capsule.containers().stream()
                                .map(CapturedContainer::name)
                                .collect(Collectors.joining(",")),
                        Tables.size(capsule.size()),
                        capsule.path().toString()));
            }
            if (rows.size() == 1) {
                getLog().info("There are no capsules in " + capsules + ".");
            } else {
                Tables.format(rows).forEach(getLog()::info);
            }
        }
    }
}
