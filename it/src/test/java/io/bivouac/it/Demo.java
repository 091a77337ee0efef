package io.bivouac.it;

import static org.awaitility.Awaitility.await;

import io.bivouac.fixtures.FixtureImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;

/**
 * What Bivouac is for, seen from outside: a project's test fails on a real PostgreSQL, its user space is carried away, and a query
 * in the replay shows the rows of the failed test. Exits with 0 only if all of that happened.
 */
final class Demo {
    private static final Pattern PASSED_AND_FAILED =
            Pattern.compile("Tests run: 2, Failures: 1, Errors: 0, Skipped: 0");
    private static final Pattern FAILURE = Pattern.compile("(OrdersTest\\.countsParcels:\\d+ .+)");
    private static final Pattern CAPTURED = Pattern.compile(
            "Bivouac captured OrdersTest\\.countsParcels: (\\S+) \\(([^)]+)\\)\\. Replay it: (mvn (\\S+) (\\S+))");
    private static final List<String> ROWS = List.of("1|tent|1", "2|lantern|1", "3|sleeping bag|2");

    private final Path folder;

    private Demo(Path folder) {
        this.folder = folder;
    }

    /**
     * Runs the demonstration.
     *
     * @param arguments a folder for it
     */
    public static void main(String[] arguments) throws Exception {
        try {
            new Demo(Path.of(arguments[0])).run();
        } catch (Unexpected | ConditionTimeoutException e) {
            System.out.println("The demonstration went wrong: " + e.getMessage());
            System.exit(1);
        }
    }

    /** Something did not happen that should. */
    private static final class Unexpected extends Exception {
        private static final long serialVersionUID = 1;

        Unexpected(String message, Commands.Result result) {
            super(message + " Maven exited with " + result.code() + " and said:\n" + result.output());
        }
    }

    private void run() throws Exception {
        say("Bivouac's demonstration: a test that fails on PostgreSQL, and its replay.");
        Path postgres = FixtureImages.postgres();
        Commands.run("rm", "-rf", folder.toString());
        Files.createDirectories(folder);
        OutsideMaven project = OutsideMaven.project("demo", folder.resolve("shop"), folder.resolve("store"))
                .withImage(postgres);

        Commands.Result tested = project.run("test");
        Matcher counts = PASSED_AND_FAILED.matcher(tested.output());
        if (tested.code() == 0 || !counts.find()) {
            throw new Unexpected("One test should pass and one fail.", tested);
        }
        say("  test      OrdersTest.storesAnOrder passed against PostgreSQL.");
        say("  test      " + group(FAILURE, 1, tested) + ": it fails on purpose.");
        Path capsule = Path.of(group(CAPTURED, 1, tested));
        say("  capsule   " + capsule + ", " + group(CAPTURED, 2, tested));
        say("  replay    " + group(CAPTURED, 3, tested));
        awaitNothingLives();

        Commands.Result replayed = project.run(
                group(CAPTURED, 4, tested),
                group(CAPTURED, 5, tested),
                "-Dbivouac.shell=db",
                "-Dbivouac.command=psql -U postgres -Atc 'select * from orders order by id'");
        List<String> rows = replayed.output().lines().filter(ROWS::contains).toList();
        if (replayed.code() != 0 || !rows.equals(ROWS)) {
            throw new Unexpected("The replay should show " + ROWS + ".", replayed);
        }
        say("  query     select * from orders   (the test's own clean-up had dropped that table)");
        rows.forEach(row -> say("            " + row));
        awaitNothingLives();
        say("All of it happened, and nothing is left running.");
    }

    private static String group(Pattern pattern, int group, Commands.Result result) throws Unexpected {
        Matcher matcher = pattern.matcher(result.output());
        if (!matcher.find()) {
            throw new Unexpected("The output should contain '" + pattern + "'.", result);
        }
        return matcher.group(group);
    }

    /** A guardian ends after the process that it watches. */
    private void awaitNothingLives() {
        await("nothing left of the sessions").atMost(Duration.ofSeconds(2)).until(() -> {
            try (Stream<Path> sessions = Files.list(folder.resolve("store/sessions"))) {
                return sessions.findAny().isEmpty();
            }
        });
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
