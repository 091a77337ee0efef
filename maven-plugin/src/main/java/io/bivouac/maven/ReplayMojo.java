package io.bivouac.maven;

import io.bivouac.engine.Capsule;
import io.bivouac.engine.CapturedContainer;
import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.Engine;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * Starts the containers of a capsule as they were when the test failed, and tells how to reach them:
 * {@code mvn bivouac:replay -Dbivouac.replay=target/bivouac/capsules/OrdersTest.stores-1}. They run until Enter is pressed or
 * the input ends. With {@code -Dbivouac.shell=db} a shell opens in one; with {@code -Dbivouac.command='…'} beside it that
 * command runs instead, and Maven exits with its code.
 */
@Mojo(name = "replay", requiresProject = false, threadSafe = true)
public class ReplayMojo extends AbstractBivouacMojo {
    /** The capsule's folder. */
    @Parameter(property = "bivouac.replay", required = true)
    @SuppressWarnings("NullAway.Init") // injected by Maven
    private File capsule;

    /** The container to open a shell in. */
    @Parameter(property = "bivouac.shell")
    private @Nullable String shell;

    /** A command line for the shell to run. */
    @Parameter(property = "bivouac.command")
    private @Nullable String command;

    @Override
    protected void run() throws MojoExecutionException, MojoFailureException {
        if (command != null && shell == null) {
            throw new ConfigurationException(
                    "bivouac.command needs to know where to run. Name the container with -Dbivouac.shell=NAME.");
        }
        int code;
        try (Engine engine = Engine.open(engineOptions())) {
            code = replay(engine);
        }
        if (code != 0) {
            exit(code);
        }
    }

    private int replay(Engine engine) throws MojoExecutionException {
        Capsule read = engine.capsules().read(capsule.toPath());
        List<Container> containers = engine.capsules().replay(read);
        try {
            getLog().info("Replaying " + read.failure().testName() + ", which failed at " + read.created() + " with "
                    + read.failure().exception().lines().findFirst().orElse("") + ".");
            for (Container container : containers) {
                getLog().info("  " + container.name() + ": " + addresses(container));
            }
            return serve(containers);
        } finally {
            containers.forEach(Container::close);
            for (CapturedContainer captured : read.containers()) {
                engine.images().remove(captured.image().toString());
            }
        }
    }

    private static String addresses(Container container) {
        if (container.spec().ports().isEmpty()) {
            return container.state().toString();
        }
        return container.spec().ports().keySet().stream()
                .map(port -> "port " + port + " at " + container.host() + ":" + container.port(port))
                .collect(Collectors.joining(", "));
    }

    private int serve(List<Container> containers) throws MojoExecutionException {
        if (shell == null) {
            getLog().info("Press Enter to end.");
            awaitInput();
            return 0;
        }
        Container container = containers.stream()
                .filter(candidate -> candidate.name().equals(shell))
                .findFirst()
                .orElseThrow(
                        () -> new ConfigurationException("The capsule has no container named " + shell + ". It has "
                                + containers.stream().map(Container::name).collect(Collectors.joining(", ")) + "."));
        ContainerShell opened = new ContainerShell(container, System.out, System.err);
        return command == null ? opened.open() : opened.run(command);
    }

    private static void awaitInput() throws MojoExecutionException {
        try {
            int read = System.in.read();
            while (read >= 0 && read != '\n') {
                read = System.in.read();
            }
        } catch (IOException e) {
            throw new MojoExecutionException("The input could not be read: " + e.getMessage(), e);
        }
    }

    /**
     * Maven itself knows the codes 0 and 1 only. Inside a daemon, which others use too, the build fails instead.
     */
    private static void exit(int code) throws MojoFailureException {
        boolean daemon = System.getProperty("mvnd.home") != null;
        if (!daemon) {
            System.exit(code);
        }
        throw new MojoFailureException("The command exited with code " + code + ".");
    }
}
