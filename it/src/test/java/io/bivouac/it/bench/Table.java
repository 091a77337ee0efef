package io.bivouac.it.bench;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Results as text. */
final class Table {
    private static final double LOW = 5;
    private static final double HIGH = 95;

    private Table() {}

    /** Every row with its spread and its ratio to the floor of the same run, then the budgets and what was not measured. */
    static String of(Report report) {
        StringBuilder text = new StringBuilder();
        line(text, "%-52s %10s %10s %10s %-4s %5s %8s", "", "median", "p5", "p95", "unit", "n", "x floor");
        Optional<Sample> floor = report.find(FloorBenchmark.CYCLE);
        for (Sample sample : report.samples()) {
            boolean comparable = floor.isPresent() && sample.unit().equals(Report.MILLISECONDS);
            line(
                    text,
                    "%-52s %10.2f %10.2f %10.2f %-4s %5d %8s",
                    sample.name(),
                    sample.median(),
                    sample.percentile(LOW),
                    sample.percentile(HIGH),
                    sample.unit(),
                    sample.values().size(),
                    comparable
                            ? String.format(
                                    Locale.ROOT,
                                    "%.2f",
                                    sample.median() / floor.get().median())
                            : "");
        }
        line(text, "");
        Budgets.check(report).forEach(verdict -> line(text, "%s", verdict));
        for (Map.Entry<String, String> missing : report.missing().entrySet()) {
            line(text, "not measured: %s (%s)", missing.getKey(), missing.getValue());
        }
        return text.toString();
    }

    /** Two runs side by side. */
    static String ofTwo(Report before, Report after) {
        StringBuilder text = new StringBuilder();
        line(text, "%-52s %10s %10s %8s  %s", "median", "before", "after", "after/b.", "");
        for (Sample sample : after.samples()) {
            Optional<Sample> other = before.find(sample.name());
            if (other.isPresent()) {
                double ratio = sample.median() / other.get().median();
                line(
                        text,
                        "%-52s %10.2f %10.2f %8.2f  %s",
                        sample.name(),
                        other.get().median(),
                        sample.median(),
                        ratio,
                        apart(other.get(), sample) ? "apart" : "within the spread");
            }
        }
        return text.toString();
    }

    /** Whether the middle halves of two samples do not touch. */
    private static boolean apart(Sample one, Sample other) {
        return one.percentile(25) > other.percentile(75) || other.percentile(25) > one.percentile(75);
    }

    private static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
