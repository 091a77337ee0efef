package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs test classes in this JVM, whoever it belongs to. */
final class SuiteMain {
    private SuiteMain() {}

    /** Runs test classes in such a JVM, where they pass. */
    static void assertPass(ChildJvm jvm, Duration patience, List<Class<?>> classes) throws Exception {
        String[] names = classes.stream().map(Class::getName).toArray(String[]::new);
        try (Child suite = jvm.start(SuiteMain.class, names)) {
            assertThat(suite.join(patience)).as(suite.output()).isZero();
            assertThat(suite.output()).containsPattern("passed [1-9][0-9]+\n");
        }
    }

    /**
     * Says {@code passed N} or {@code failed N} at the end. What takes root is left out, unless {@code bivouac.it.everything}
     * is set.
     *
     * @param arguments names of test classes
     */
    public static void main(String[] arguments) {
        List<DiscoverySelector> selectors = new ArrayList<>();
        for (String name : arguments) {
            selectors.add(DiscoverySelectors.selectClass(name));
        }
        LauncherDiscoveryRequestBuilder builder =
                LauncherDiscoveryRequestBuilder.request().selectors(selectors);
        if (!Boolean.getBoolean("bivouac.it.everything")) {
            builder.filters(TagFilter.excludeTags("root"));
        }
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        Launcher launcher = LauncherFactory.create();
        launcher.execute(builder.build(), listener);
        TestExecutionSummary summary = listener.getSummary();
        summary.printFailuresTo(new PrintWriter(System.out, true, StandardCharsets.UTF_8), 20);
        long failures = summary.getTotalFailureCount();
        System.out.println(failures == 0 ? "passed " + summary.getTestsSucceededCount() : "failed " + failures);
        System.exit(failures == 0 ? 0 : 1);
    }
}
