package io.bivouac.it;

import io.bivouac.engine.EngineOptions;
import io.bivouac.fixtures.FixtureImages;
import java.nio.file.Path;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** Runs test classes of users, as the platform does. */
final class ExtensionRun {
    private ExtensionRun() {}

    static EngineExecutionResults of(Path capsules, Class<?>... classes) {
        return builder(capsules, classes).execute();
    }

    static EngineTestKit.Builder builder(Path capsules, Class<?>... classes) {
        EngineTestKit.Builder builder = EngineTestKit.engine("junit-jupiter")
                .configurationParameter(
                        EngineOptions.STORE, Engines.folder().resolve("store").toString())
                .configurationParameter(EngineOptions.IMAGES, FixtureImages.all())
                .configurationParameter("bivouac.capsules", capsules.toString());
        for (Class<?> type : classes) {
            builder.selectors(DiscoverySelectors.selectClass(type));
        }
        return builder;
    }
}
