package io.bivouac.it;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Scanner;
import org.jspecify.annotations.Nullable;

/** Two threads that do one thing after another with containers of one engine, until somebody kills them. */
final class KillCampaignWorker {
    static final String IMAGE = "kills:1";

    private static final int THREADS = 2;
    private static final byte[] CONTENT = new byte[1 << 20];

    private final Engine engine;
    private final Path folder;
    private final Random random;
    private @Nullable Container kept;
    private int capsules;

    private KillCampaignWorker(Engine engine, Path folder, long seed) {
        this.engine = engine;
        this.folder = folder;
        this.random = new Random(seed);
    }

    static EngineOptions options(Path folder) {
        return EngineOptions.defaults()
                .withStore(folder.resolve("store"))
                .withStoreReserve(0)
                .withImages(List.of(folder.resolve("image")));
    }

    static ContainerSpec spec() {
        return ContainerSpec.of(IMAGE)
                .withEntrypoint("sh", "-c", "trap 'exit 0' TERM; while true; do busybox sleep 0.1; done")
                .withStopTimeout(Duration.ofSeconds(5));
    }

    /**
     * Says {@code begin WHAT}, {@code failed WHAT: WHY} of an exception for people, and {@code broken WHAT: WHY} of any other.
     *
     * @param arguments the campaign's folder, and a seed
     */
    public static void main(String[] arguments) {
        Path folder = Path.of(arguments[0]);
        long seed = Long.parseLong(arguments[1]);
        Engine engine = Engine.open(options(folder));
        for (int i = 0; i < THREADS; i++) {
            KillCampaignWorker worker = new KillCampaignWorker(engine, folder, seed + i);
            Thread thread = new Thread(() -> worker.run(Thread.currentThread().getId()), "worker-" + i);
            thread.setDaemon(true);
            thread.start();
        }
        try (Scanner scanner = new Scanner(System.in, StandardCharsets.UTF_8)) {
            if (scanner.hasNextLine() && scanner.nextLine().equals("close")) {
                engine.close();
                System.exit(0);
            }
            System.exit(3);
        }
    }

    private void run(long thread) {
        while (true) {
            String what = List.of("start", "exec", "copy", "commit", "capture", "pause", "stop")
                    .get(random.nextInt(7));
            System.out.println("begin " + what);
            try {
                act(what, thread);
            } catch (BivouacException e) {
                System.out.println((isSentence(e) ? "failed " : "broken ") + what + ": " + e);
                kept = null;
            } catch (IOException | RuntimeException | Error e) {
                System.out.println("broken " + what + ": " + e + " " + List.of(e.getStackTrace()));
            }
        }
    }

    private static boolean isSentence(BivouacException failure) {
        String message = String.valueOf(failure.getMessage());
        return message.endsWith(".") || message.contains("\n");
    }

    private Container container() {
        Container container = kept;
        if (container == null) {
            container = engine.start(spec());
            kept = container;
        }
        return container;
    }

    private void act(String what, long thread) throws IOException {
        switch (what) {
            case "start" -> engine.start(spec().withPorts(80).withoutWaits()).close();
            case "exec" -> container().exec("busybox", "dd", "if=/dev/zero", "of=/zero", "bs=64k", "count=4");
            case "copy" -> {
                container().copyTo(CONTENT, "/content", 0644);
                Path target = folder.resolve(
                        "copied-" + thread + "-" + ProcessHandle.current().pid());
                container().copyFrom("/content", target);
                Files.deleteIfExists(target);
            }
            case "commit" -> {
                String reference = "killed/" + thread + ":1";
                container().commit(reference);
                engine.images().remove(reference);
            }
            case "capture" -> capture(container(), thread);
            case "pause" -> {
                container().pause();
                container().resume();
            }
            default -> {
                container().stop();
                container().restart();
            }
        }
    }

    private void capture(Container container, long thread) throws IOException {
        Path target = folder.resolve("capsule-" + ProcessHandle.current().pid() + "-" + thread + "-" + capsules++);
        engine.capsules()
                .write(
                        engine.capsules().capture(List.of(container)),
                        new Failure("kills", "kills", "none", "none"),
                        target);
        SmallImages.delete(target);
    }
}
