package io.bivouac.it;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.cgroup.Cgroups;
import io.bivouac.fixtures.TarBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Lets call sites of the warden fail, each in a run of its own, and looks at what comes of it. A JVM of its own, in namespaces
 * of its own: what it finds there is its engines'.
 */
final class FaultCampaign {
    private final Path folder;
    private final Path image;
    private final FaultSymbols symbols;
    private final FaultSelection selection;
    private final Set<String> known = new HashSet<>();
    private final Set<String> retried = new HashSet<>();
    private int runs;

    private FaultCampaign(Path folder, Path image, FaultSymbols symbols, FaultSelection selection) {
        this.folder = folder;
        this.image = image;
        this.symbols = symbols;
        this.selection = selection;
    }

    /**
     * Says {@code site NAME} of each call site it has seen, {@code finding WHAT}, {@code entry TEXT} of each line of the table
     * that was needed, and {@code done} at the end.
     *
     * @param arguments a folder to work in, the warden's program, and a selection
     */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        FaultCampaign campaign = new FaultCampaign(
                folder,
                writeImage(Files.createDirectories(folder.resolve("image"))),
                new FaultSymbols(Path.of(arguments[1])),
                FaultSelection.parse(arguments[2]));
        for (String hierarchy : List.of("auto", "v1", "none")) {
            System.setProperty(Cgroups.PROPERTY, hierarchy);
            for (FaultScenario scenario : FaultScenario.values()) {
                campaign.run(scenario, scenario + " " + hierarchy);
            }
        }
        System.out.println("done: " + campaign.known.size() + " call sites, " + campaign.runs + " runs");
        // Threads of runs that hung may still be there.
        Runtime.getRuntime().halt(0);
    }

    private static Path writeImage(Path folder) throws IOException {
        byte[] busybox = Files.readAllBytes(Path.of("/bin/busybox"));
        return SmallImages.write(
                folder,
                "faults:1",
                tar -> tar.folder("bin", 0755)
                        .file("bin/busybox", 0755, busybox)
                        .folder("base", 0700)
                        .file("base/kept", 0644, "kept")
                        .file("base/gone", 0644, "gone")
                        .put(attributed("base/attributed"), 0644, new byte[3])
                        .folder("base/real", 0750)
                        .symlink("base/elsewhere", "real")
                        .file("base/removed/inner", 0644, "inner")
                        .folder("base/hidden", 0755)
                        .file("base/hidden/inner", 0644, "inner")
                        .file("whole/file", 0644, "file")
                        .file("etc/passwd", 0644, "root:x:0:0::/:/bin/sh\n"),
                FaultCampaign::fillUpperLayer);
    }

    private static void fillUpperLayer(TarBuilder tar) throws IOException {
        tar.hardLink("base/linked", "base/kept")
                .hardLink("base/linked-attributed", "base/attributed")
                .symlink("link", "base")
                .put(attributed("attributed"), 0644, new byte[3])
                .put(new TarArchiveEntry("pipe", TarConstants.LF_FIFO), 0600, new byte[0])
                .file("base/.wh.nothing", 0644, "")
                .file("base/.wh.removed", 0644, "")
                .file("base/removed/new", 0644, "")
                .file("base/elsewhere/through", 0644, "")
                .file("holes", 0644, new byte[300_000])
                .file("opaque/.wh..wh..opq", 0644, "");
    }

    private static TarArchiveEntry attributed(String name) {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.addPaxHeader("SCHILY.xattr.user.colour", "red");
        return entry;
    }

    private FaultRun prepare(Consumer<FaultTable> arming) throws IOException {
        return new FaultRun(Files.createDirectories(folder.resolve(Integer.toString(runs++))), image, arming);
    }

    private void run(FaultScenario scenario, String variant) throws Exception {
        FaultRun recording = prepare(table -> {});
        judge(recording, Traces.everywhere(recording.store()), recording.attempt(scenario), variant);
        symbols.load(recording.table().sites());
        for (FaultTable.Site site : recording.table().sites()) {
            String name = symbols.describe(site);
            if (known.add(symbols.identify(site))) {
                System.out.println("site " + name);
                for (int error : selection.includes(name) ? FaultErrors.of(site.call()) : List.<Integer>of()) {
                    // Made again by the function that calls it, whoever that works for: seen once, seen always.
                    if (!FaultErrors.isRetried(site.call(), error) || retried.add(name.split(" < ", 2)[0])) {
                        look(scenario, variant, site, error, name);
                    }
                }
            }
        }
        if (selection.includes(variant)) {
            FaultRun run = prepare(FaultTable::armReleases);
            Traces traces = Traces.everywhere(run.store());
            judge(run, traces, run.attempt(scenario), variant + ", everything that is given back");
        }
    }

    private void look(FaultScenario scenario, String variant, FaultTable.Site site, int error, String name)
            throws Exception {
        FaultRun run = prepare(table -> table.arm(site, error, FaultErrors.times(name)));
        Traces traces = Traces.everywhere(run.store());
        Throwable failure = run.attempt(scenario);
        String what = variant + ", " + error + ", " + name;
        if (!run.table().hasFailed()) {
            // Raced past: who is first, or whether a loop goes round once more, is not the same in every run.
            System.out.println("unreached " + what);
            judge(run, traces, failure, what);
        } else {
            boolean retried = FaultErrors.isRetried(site.call(), error);
            judge(run, traces, retried ? failure : complaint(failure, name), what);
        }
    }

    /** Null when it is right that this failure came of the call's; otherwise what is wrong. */
    private static @Nullable Throwable complaint(@Nullable Throwable failure, String name) {
        if (failure == null) {
            return tell(FaultExpectations.done(name), "nobody hears of it");
        }
        if (failure instanceof AssertionError) {
            return tell(FaultExpectations.part(name), failure.toString());
        }
        boolean told =
                failure instanceof BivouacException && FaultMessages.isSentence(String.valueOf(failure.getMessage()));
        return told ? null : failure;
    }

    private static @Nullable Throwable tell(Optional<String> entry, String otherwise) {
        entry.ifPresent(text -> System.out.println("entry " + text));
        return entry.isPresent() ? null : new AssertionError(otherwise);
    }

    /** Says what was wrong, and what is left. */
    private static void judge(FaultRun run, Traces traces, @Nullable Throwable failure, String what)
            throws IOException {
        if (failure != null) {
            System.out.println("finding " + what + ": " + oneLine(failure));
        }
        try {
            traces.awaitNone();
            SmallImages.delete(run.folder());
        } catch (ConditionTimeoutException e) {
            System.out.println("finding " + what + ": left " + traces.differences());
        }
    }

    private static String oneLine(Throwable failure) {
        String text = failure.toString().replace('\n', '|');
        return failure instanceof TimeoutException
                ? "it hangs: " + List.of(failure.getStackTrace())
                : text.substring(0, Math.min(text.length(), 600));
    }
}
