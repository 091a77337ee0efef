package io.bivouac.maven;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.apache.maven.project.MavenProject;
import org.jspecify.annotations.Nullable;

/**
 * Starts containers before integration tests, in parallel, and returns when they are ready. The project's properties then tell
 * where they are, {@code bivouac.NAME.host} and {@code bivouac.NAME.port.PORT}; the same is written to
 * {@code target/bivouac/env.properties}. They end with {@code stop}, at the latest with the build, whether it fails or not.
 *
 * <pre>{@code
 * <configuration><containers><container>
 *   <name>db</name><image>postgres:15</image><env><POSTGRES_PASSWORD>test</POSTGRES_PASSWORD></env><ports><port>5432</port></ports>
 *   <waits><wait><log>ready to accept connections</log><times>2</times></wait></waits>
 * </container></containers></configuration>
 * }</pre>
 */
@Mojo(name = "start", defaultPhase = LifecyclePhase.PRE_INTEGRATION_TEST, threadSafe = true)
public class StartMojo extends AbstractBivouacMojo {
    @Parameter(defaultValue = "${project}", readonly = true, required = true)
    @SuppressWarnings("NullAway.Init") // injected by Maven
    private MavenProject project;

    /** What to start. */
    @Parameter
    private @Nullable List<ContainerConfiguration> containers;

    /** Where the containers' addresses are written. */
    @Parameter(defaultValue = "${project.build.directory}/bivouac/env.properties", required = true)
    @SuppressWarnings("NullAway.Init") // injected by Maven
    private File environmentFile;

    @Override
    protected void run() throws MojoExecutionException {
        if (containers == null || containers.isEmpty()) {
            getLog().info("No <containers> are configured: nothing to start.");
            return;
        }
        List<ContainerSpec> specs =
                containers.stream().map(ContainerConfiguration::toSpec).toList();
        List<Container> started = Environments.open(session, engineOptions()).startAll(specs);
        Map<String, String> addresses = new TreeMap<>();
        for (Container container : started) {
            String prefix = "bivouac." + container.name() + ".";
            addresses.put(prefix + "host", container.host());
            for (int port : container.spec().ports().keySet()) {
                addresses.put(prefix + "port." + port, Integer.toString(container.port(port)));
            }
            getLog().info("Started " + container.name() + " ("
                    + container.spec().image() + ").");
        }
        addresses.forEach(project.getProperties()::setProperty);
        write(addresses);
    }

    private void write(Map<String, String> addresses) throws MojoExecutionException {
        Path file = environmentFile.toPath();
        Properties properties = new Properties();
        properties.putAll(addresses);
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (Writer writer = Files.newBufferedWriter(file, StandardCharsets.ISO_8859_1)) {
                properties.store(writer, null);
            }
        } catch (IOException e) {
            throw new MojoExecutionException(
                    "The addresses could not be written to " + file + ": " + e.getMessage(), e);
        }
    }
}
