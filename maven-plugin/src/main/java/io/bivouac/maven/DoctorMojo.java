package io.bivouac.maven;

import io.bivouac.engine.Diagnosis;
import io.bivouac.engine.Engine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/** Tells what this host allows, how that is known, and what mends the rest. Fails where no container can run. */
@Mojo(name = "doctor", requiresProject = false, threadSafe = true)
public class DoctorMojo extends AbstractBivouacMojo {
    /** A file for the same as JSON. */
    @Parameter(property = "bivouac.doctor.json")
    private @Nullable String json;

    /** Fails also where containers run with limitations. */
    @Parameter(property = "bivouac.doctor.strict", defaultValue = "false")
    private boolean strict;

    @Override
    protected void run() throws MojoExecutionException, MojoFailureException {
        try (Engine engine = Engine.open(engineOptions())) {
            Diagnosis diagnosis = engine.diagnose();
            print(diagnosis);
            if (json != null) {
                write(Path.of(json), diagnosis);
            }
            if (!diagnosis.canRunContainers()) {
                throw new MojoFailureException("No container can run on this host; what is missing is marked above.");
            }
            if (strict && !diagnosis.isComplete()) {
                throw new MojoFailureException("Not all works on this host, and bivouac.doctor.strict is set.");
            }
        }
    }

    private void print(Diagnosis diagnosis) {
        List<List<String>> rows = new ArrayList<>();
        for (Diagnosis.Finding finding : diagnosis.findings()) {
            rows.add(List.of(
                    finding.level().name().toLowerCase(Locale.ROOT),
                    finding.subject(),
                    finding.found() + " [" + finding.evidence() + "]"));
        }
        Tables.format(rows).forEach(getLog()::info);
        for (Diagnosis.Finding finding : diagnosis.findings()) {
            if (!finding.remedy().isEmpty()) {
                getLog().warn(finding.subject() + ": " + finding.remedy());
            }
        }
    }

    private static void write(Path file, Diagnosis diagnosis) throws MojoExecutionException {
        try {
            Files.writeString(file, diagnosis.toJson(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new MojoExecutionException(
                    "The diagnosis could not be written to " + file + ": " + e.getMessage() + ".", e);
        }
    }
}
