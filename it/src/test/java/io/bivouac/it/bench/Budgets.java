package io.bivouac.it.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** What each row may cost. */
final class Budgets {
    private static final double TAIL = 95;

    private final Report report;
    private final List<String> verdicts = new ArrayList<>();

    private Budgets(Report report) {
        this.report = report;
    }

    /** A verdict for every budget whose rows were measured. */
    static List<String> check(Report report) {
        Budgets budgets = new Budgets(report);
        budgets.most(StartBenchmark.START, "p50", Sample::median, 3);
        budgets.most(StartBenchmark.START, "p95", sample -> sample.percentile(TAIL), 6);
        // The same beside the floor, as it was where the budgets were set: 1.3 ms to exec.
        budgets.ratio(StartBenchmark.START, FloorBenchmark.EXECUTED, 3 / 1.3, 0);
        budgets.ratio(RootlessBenchmark.USER, RootlessBenchmark.ROOT, 1.3, 0);
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

    private void most(String row, String what, ToDoubleFunction<Sample> value, double limit) {
        report.find(row).ifPresent(sample -> {
            double measured = value.applyAsDouble(sample);
            say(measured <= limit, "%s %s: %.2f of at most %.0f %s", row, what, measured, limit, sample.unit());
        });
    }

    private void least(String row, double limit) {
        report.find(row)
                .ifPresent(sample -> say(
                        sample.median() >= limit,
                        "%s: %.0f of at least %.0f %s",
                        row,
                        sample.median(),
                        limit,
                        sample.unit()));
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
