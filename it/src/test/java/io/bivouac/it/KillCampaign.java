package io.bivouac.it;

import io.bivouac.engine.Container;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Kills a JVM that works with containers, or what works for it, again and again. A JVM of its own, in a cage. */
final class KillCampaign {
    private static final String JVM = "java";
    private static final String GUARDIAN = "bivouac-guard";
    private static final String WARDEN = "bivouac-warden";
    private static final String MONITOR = "bivouac-monitor";
    private static final String WORKER = "bivouac-worker";

    private static final List<List<String>> VICTIMS = List.of(
            List.of(JVM),
            List.of(GUARDIAN),
            List.of(WARDEN),
            List.of(MONITOR),
            List.of(WORKER),
            List.of(JVM, GUARDIAN),
            List.of(JVM, WARDEN),
            List.of(JVM, MONITOR),
            List.of(GUARDIAN, WARDEN),
            List.of(GUARDIAN, MONITOR),
            List.of(WARDEN, WORKER),
            List.of(MONITOR, WORKER),
            List.of(JVM, GUARDIAN, WARDEN, MONITOR, WORKER));

    /** Most rounds use what this host offers; some do with less. */
    private static final List<String> HIERARCHIES = List.of("auto", "auto", "auto", "v1", "none");

    private static final int MOST_BEGUN = 12;

    /** Longer than most things take. */
    private static final int LATEST_MILLIS = 150;

    private static final Duration END = Duration.ofSeconds(60);

    /** How a JVM ends that nobody has killed yet. */
    private enum End {
        KILLED,
        TERMINATED,
        EXITS,
        CLOSES
    }

    private final Path store;
    private final Path folder;
    private final Random random;
    private final Map<String, Integer> killed = new TreeMap<>();
    private final Map<String, Integer> doing = new TreeMap<>();
    private final Map<End, Integer> ends = new TreeMap<>();
    private int findings;

    private KillCampaign(Path folder, long seed) throws IOException {
        this.folder = folder;
        this.store = folder.resolve("store");
        byte[] busybox = Files.readAllBytes(Path.of("/bin/busybox"));
        SmallImages.write(
                Files.createDirectories(folder.resolve("image")),
                KillCampaignWorker.IMAGE,
                tar -> tar.folder("bin", 0755)
                        .file("bin/busybox", 0755, busybox)
                        .symlink("bin/sh", "busybox")
                        .symlink("bin/true", "busybox"));
        this.random = new Random(seed);
    }

    /**
     * Says {@code finding WHAT} of whatever is wrong, and a summary at the end.
     *
     * @param arguments a folder to work in, a word for the summary, the number of kills, the seed
     */
    public static void main(String[] arguments) throws Exception {
        int kills = Integer.parseInt(arguments[2]);
        KillCampaign campaign = new KillCampaign(Path.of(arguments[0]), Long.parseLong(arguments[3]));
        long begun = System.nanoTime();
        for (int kill = 0; kill < kills; kill++) {
            campaign.round(kill);
        }
        campaign.requireWholeStore();
        System.out.printf(
                "Kill campaign (%s): seed %s, %d kills in %d s: of %s, while they did %s; ends of JVMs that lived on: %s;"
                        + " %d findings.%n",
                arguments[1],
                arguments[3],
                kills,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun),
                campaign.killed,
                campaign.doing,
                campaign.ends,
                campaign.findings);
        System.exit(campaign.findings == 0 ? 0 : 1);
    }

    private EngineOptions options() {
        return KillCampaignWorker.options(folder);
    }

    private void round(int number) throws Exception {
        Traces traces = Traces.everywhere(store);
        String hierarchy = HIERARCHIES.get(random.nextInt(HIERARCHIES.size()));
        List<String> wanted = VICTIMS.get(random.nextInt(VICTIMS.size()));
        String what = number + " " + wanted + " " + hierarchy;
        try (Child worker = worker(hierarchy)) {
            for (int begun = random.nextInt(MOST_BEGUN); begun >= 0; begun--) {
                worker.await("begin ");
            }
            TimeUnit.MILLISECONDS.sleep(random.nextInt(LATEST_MILLIS));
            String before = worker.output();
            List<String> victims = kill(worker, wanted);
            what += " killed " + victims + " after " + last(before);
            note(victims, before);
            if (before.contains("\nfailed ")) {
                find(what + ": it failed before anybody was killed: " + worker.output());
            }
            if (!victims.contains(JVM)) {
                what += ", " + end(worker, what);
            }
            requireNothing(traces, victims.contains(GUARDIAN), hierarchy);
        } catch (AssertionError | RuntimeException e) {
            find(what + ": " + e);
        }
    }

    private Child worker(String hierarchy) throws IOException {
        return new ChildJvm()
                .option("-XX:TieredStopAtLevel=1")
                .option("-Xshare:auto")
                .option("-Dbivouac.cgroup=" + hierarchy)
                .start(KillCampaignWorker.class, folder.toString(), Long.toString(random.nextLong()));
    }

    /** The names of those it has killed. */
    private List<String> kill(Child worker, List<String> wanted) throws IOException {
        List<ProcessTree.Found> tree = new ArrayList<>(ProcessTree.below(worker.pid()));
        tree.removeIf(process -> !wanted.contains(process.name()));
        if (tree.isEmpty()) {
            // Nothing of that kind is there at this instant.
            tree.addAll(ProcessTree.below(worker.pid()).stream()
                    .filter(process -> process.pid() == worker.pid())
                    .toList());
        }
        Collections.shuffle(tree, random);
        for (ProcessTree.Found process : tree) {
            if (process.pid() == worker.pid()) {
                worker.kill();
            } else {
                ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
        return tree.stream().map(ProcessTree.Found::name).distinct().sorted().toList();
    }

    private void note(List<String> victims, String output) {
        victims.forEach(name -> killed.merge(name, 1, Integer::sum));
        doing.merge(last(output), 1, Integer::sum);
    }

    private static String last(String output) {
        int begin = output.lastIndexOf("begin ");
        int end = output.indexOf('\n', begin);
        return begin < 0 || end < 0 ? "nothing" : output.substring(begin + "begin ".length(), end);
    }

    /** Whatever it lost, a JVM goes on, and comes to its end. */
    private End end(Child worker, String what) throws IOException, InterruptedException {
        End end = End.values()[random.nextInt(End.values().length)];
        ends.merge(end, 1, Integer::sum);
        switch (end) {
            case KILLED -> worker.kill();
            case TERMINATED -> worker.terminate();
            case EXITS -> worker.say("exit");
            case CLOSES -> worker.say("close");
        }
        int code = worker.join(END);
        boolean expected = switch (end) {
            case KILLED -> code == 128 + 9;
            case TERMINATED -> code == 128 + 15;
            case EXITS -> code == 3;
            case CLOSES -> code == 0;
        };
        if (!expected || worker.output().contains("\nbroken ")) {
            find(what + ", " + end + ": code " + code + ": " + worker.output());
        }
        return end;
    }

    private void requireNothing(Traces traces, boolean guardianKilled, String hierarchy) {
        if (guardianKilled) {
            // What version 1 has frozen dies when it is thawed: by a guardian, else by the next engine.
            if (!hierarchy.equals("v1")) {
                traces.awaitNoProcess();
            }
            try (Engine next = Engine.open(options());
                    Container container = next.start(KillCampaignWorker.spec().withEntrypoint("true"))) {
                container.waitForExit(END);
            }
        }
        traces.awaitNone();
    }

    private void requireWholeStore() {
        try (Engine engine = Engine.open(options())) {
            engine.images().verify().forEach(damage -> find("the store: " + damage));
        }
    }

    private void find(String what) {
        findings++;
        System.out.println("finding " + what);
    }
}
