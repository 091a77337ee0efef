package io.bivouac.engine.core;

import io.bivouac.engine.HostException;
import io.bivouac.engine.LogLine;
import io.bivouac.engine.warden.LogFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** The output of one container, read from its monitor's files when somebody asks. */
final class ContainerLogs {
    /** The most a text of the log takes, in bytes; what is older is left out and said to be. */
    private static final int TEXT_LIMIT = 16 << 20;

    private final LogFiles files;
    private final Executor executor;
    private final List<Follower> followers = new CopyOnWriteArrayList<>();
    private volatile long end;
    private volatile long lost;
    private volatile long runStart;
    private volatile boolean ended;

    /**
     * @param folder with the monitor's files
     * @param executor runs followers' consumers, which may take their time
     */
    ContainerLogs(Path folder, Executor executor) {
        this.files = new LogFiles(folder);
        this.executor = executor;
    }

    /** The monitor has written up to here. */
    void advance(long newEnd, long newLost) {
        end = Math.max(end, newEnd);
        lost = newLost;
        followers.forEach(Follower::wake);
    }

    /** Nothing follows, until the container is started again. */
    void end() {
        ended = true;
        followers.forEach(Follower::wake);
    }

    /** The container has been started, for the first time or again. */
    void beginRun() {
        runStart = end;
        ended = false;
    }

    /** The newest output as text, after a line that says what was left out. */
    String text() {
        Deque<byte[]> pieces = new ArrayDeque<>();
        long[] sizes = new long[2]; // kept, dropped
        try {
            files.read(0, end, (time, source, bytes) -> {
                pieces.addLast(bytes);
                sizes[0] += bytes.length;
                while (sizes[0] > TEXT_LIMIT) {
                    int first = pieces.removeFirst().length;
                    sizes[0] -= first;
                    sizes[1] += first;
                }
            });
            boolean cut = sizes[1] > 0 || files.start() > 0;
            StringBuilder text = new StringBuilder();
            if (cut) {
                text.append("[earlier output is left out: the log keeps the newest part]\n");
            }
            text.append(join(pieces, (int) sizes[0]));
            if (lost > 0) {
                text.append("\n[").append(lost).append(" bytes of output were lost: the disk was full]\n");
            }
            return text.toString();
        } catch (IOException e) {
            throw new HostException("The log cannot be read: " + e.getMessage() + ".", e);
        }
    }

    private static String join(Deque<byte[]> pieces, int size) {
        byte[] all = new byte[size];
        int at = 0;
        for (byte[] piece : pieces) {
            System.arraycopy(piece, 0, all, at, piece.length);
            at += piece.length;
        }
        return new String(all, StandardCharsets.UTF_8);
    }

    List<String> lastLines(int count) {
        List<String> lines = new ArrayList<>(text().lines().toList());
        return lines.subList(Math.max(lines.size() - count, 0), lines.size());
    }

    /** Delivers what is there on this thread, then what comes on another. */
    Follower follow(Consumer<LogLine> consumer) {
        return follow(consumer, 0);
    }

    /** The same for what the container has written since it was last started. */
    Follower followRun(Consumer<LogLine> consumer) {
        return follow(consumer, runStart);
    }

    private Follower follow(Consumer<LogLine> consumer, long from) {
        Follower follower = new Follower(consumer, from);
        followers.add(follower);
        follower.drainNow();
        return follower;
    }

    /** Delivers lines to one consumer, in order, never two at once. */
    final class Follower implements AutoCloseable {
        private final LineSplitter lines;
        private final AtomicInteger wanted = new AtomicInteger();
        private final CompletableFuture<Void> finished = new CompletableFuture<>();
        private long at;
        private volatile boolean closed;

        private Follower(Consumer<LogLine> consumer, long from) {
            this.at = from;
            this.lines = new LineSplitter(line -> {
                if (!closed) {
                    consumer.accept(line);
                }
            });
        }

        private void wake() {
            if (!closed && wanted.getAndIncrement() == 0) {
                executor.execute(this::drain);
            }
        }

        private void drainNow() {
            if (wanted.getAndIncrement() == 0) {
                drain();
            }
        }

        private void drain() {
            int seen = wanted.get();
            while (seen > 0) {
                try {
                    boolean last = ended;
                    at = files.read(at, end, lines::accept);
                    if (last) {
                        lines.finish();
                        finished.complete(null);
                    }
                } catch (IOException | RuntimeException e) {
                    finished.completeExceptionally(e);
                    closed = true;
                }
                seen = wanted.addAndGet(-seen);
            }
        }

        /** Completes when the container has ended and every line was delivered. */
        CompletableFuture<Void> finished() {
            return finished;
        }

        @Override
        public void close() {
            closed = true;
            followers.remove(this);
        }
    }
}
