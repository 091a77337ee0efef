package io.bivouac.it.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * What each row may cost. Times are those of the machine on which the budgets were set: on another one they are longer or shorter as
 * the floor is there, when the same run has measured it.
 */
final class Budgets {
    private static final double TAIL = 95;

    /** What {@link FloorBenchmark#CYCLE} took where the budgets were set, in milliseconds. */
    private static final double FLOOR = 1.9;

    private final Report report;
    private final double scale;
    private final List<String> verdicts = new ArrayList<>();

    private Budgets(Report report) {
        this.report = report;
        scale = report.find(FloorBenchmark.CYCLE)
                .map(floor -> floor.median() / FLOOR)
                .orElse(1.0);
    }

    /** A verdict for every budget whose rows were measured. */
    static List<String> check(Report report) {
        Budgets budgets = new Budgets(report);
        budgets.most(StartBenchmark.START, "p50", Sample::median, 3);
        budgets.most(StartBenchmark.START, "p95", sample -> sample.percentile(TAIL), 6);
        budgets.most(StartBenchmark.CYCLE, "p50", Sample::median, 5);
        budgets.ratio(StartBenchmark.CYCLE, FloorBenchmark.CYCLE, 2.5, 0);
        budgets.most(StartBenchmark.CLOSE, "p50", Sample::median, 5);
        budgets.most(ColdBenchmark.FIRST, "p50", Sample::median, 200);
        budgets.least(CrowdBenchmark.RATE, 150);
        budgets.most(CrowdBenchmark.MEMORY, "p50", Sample::median, 300);
        budgets.ratio(UnpackBenchmark.OURS, UnpackBenchmark.GZIP, 1.3, 0);
        budgets.ratio(CarryBenchmark.OURS, UnpackBenchmark.GZIP, 1.3, 0);
        budgets.ratio(CarryBenchmark.OURS, CarryBenchmark.DOCKER, 0.5, 0);
        budgets.ratio(UnpackBenchmark.COMMIT, CarryBenchmark.DOCKER_COMMIT, 0.6, 0);
        budgets.ratio(PostgresBenchmark.OURS, PostgresBenchmark.HOST, 1, 100);
        budgets.ratio(PostgresBenchmark.OURS, TestcontainersBenchmark.POSTGRES, 0.6, 0);
        // At least 0.8 times as fast.
        budgets.ratio(PullBenchmark.OURS, PullBenchmark.FLOOR, 1 / 0.8, 0);
        return budgets.verdicts;
    }

    private void most(String row, String what, ToDoubleFunction<Sample> value, double set) {
        report.find(row).ifPresent(sample -> {
            double measured = value.applyAsDouble(sample);
            double limit = sample.unit().equals(Report.MILLISECONDS) ? set * scale : set;
            say(
                    measured <= limit,
                    "%s %s: %.2f of at most %.2f %s (%s)",
                    row,
                    what,
                    measured,
                    limit,
                    sample.unit(),
                    origin(limit, set));
        });
    }

    /** A rate. */
    private void least(String row, double set) {
        report.find(row).ifPresent(sample -> {
            double limit = set / scale;
            say(
                    sample.median() >= limit,
                    "%s: %.0f of at least %.0f %s (%s)",
                    row,
                    sample.median(),
                    limit,
                    sample.unit(),
                    origin(limit, set));
        });
    }

    private String origin(double limit, double set) {
        return limit == set
                ? "as set"
                : String.format(Locale.ROOT, "%.0f where the floor takes %.1f ms: here %.2f x", set, FLOOR, scale);
    }

    /** At most so many times the other row, plus so many milliseconds. */
    private void ratio(String row, String other, double factor, double plus) {
        Optional<Sample> ours = report.find(row);
        Optional<Sample> theirs = report.find(other);
        if (ours.isPresent() && theirs.isPresent()) {
            double limit = theirs.get().median() * factor + plus;
            say(
                    ours.get().median() <= limit,
                    "%s: %.2f ms, %.2f times '%s', of at most %.2f ms",
                    row,
                    ours.get().median(),
                    ours.get().median() / theirs.get().median(),
                    other,
                    limit);
        }
    }

    private void say(boolean holds, String format, Object... values) {
        verdicts.add((holds ? "within budget  " : "OVER BUDGET    ") + String.format(Locale.ROOT, format, values));
    }
}
