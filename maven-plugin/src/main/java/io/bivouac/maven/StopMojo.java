package io.bivouac.maven;

import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;

/** Ends the containers that {@code start} began, and discards what they did. Without it they end with the build. */
@Mojo(name = "stop", defaultPhase = LifecyclePhase.POST_INTEGRATION_TEST, threadSafe = true)
public class StopMojo extends AbstractBivouacMojo {
    @Override
    protected void run() {
        if (Environments.strike(session.getRequest())) {
            getLog().info("The environment is struck.");
        } else {
            getLog().info("There is no environment to strike.");
        }
    }
}
