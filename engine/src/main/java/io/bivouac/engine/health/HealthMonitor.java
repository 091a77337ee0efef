package io.bivouac.engine.health;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.Health;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Checks one container, from each of its starts to the end of that run. Methods may be called from any thread, and none of them
 * waits. A check that runs when its container is held or ends is killed, and counts for nothing.
 */
public final class HealthMonitor {
    private final HealthPlan plan;
    private final HealthTarget target;
    private final Set<Object> holds = Collections.newSetFromMap(new IdentityHashMap<>());

    private Health health = new Health(Health.Status.STARTING, 0, List.of());
    private CompletableFuture<Health> settled = new CompletableFuture<>();
    private long started;
    private boolean running;
    /** What is scheduled, or runs. */
    private @Nullable Future<?> next;
    /** Counts what was called off: it may be under way and does not know yet. */
    private int round;

    public HealthMonitor(HealthPlan plan, HealthTarget target) {
        this.plan = plan;
        this.target = target;
    }

    public synchronized Health health() {
        return health;
    }

    /** Completes when the run that was begun last is no more starting: at once, when it is so already. */
    public synchronized CompletableFuture<Health> settled() {
        return health.status() == Health.Status.STARTING ? settled : CompletableFuture.completedFuture(health);
    }

    /** The container has started, or started again: everything begins anew. */
    public synchronized void begin() {
        callOff();
        holds.clear();
        health = new Health(Health.Status.STARTING, 0, List.of());
        settled = new CompletableFuture<>();
        started = target.nanoTime();
        running = true;
        schedule();
    }

    /** The container has ended. */
    public synchronized void end() {
        running = false;
        callOff();
    }

    /**
     * Makes no checks until released.
     *
     * @param reason several may hold at once
     */
    public synchronized void hold(Object reason) {
        holds.add(reason);
        callOff();
    }

    /** The next check comes after an interval, unless others hold. */
    public synchronized void release(Object reason) {
        if (holds.remove(reason)) {
            schedule();
        }
    }

    private void callOff() {
        round++;
        if (next != null) {
            next.cancel(true);
            next = null;
        }
    }

    private void schedule() {
        if (running && holds.isEmpty()) {
            int ours = round;
            next = target.schedule(() -> submit(ours), plan.delay(health.status(), sinceStart()));
        }
    }

    private synchronized Duration sinceStart() {
        return Duration.ofNanos(target.nanoTime() - started);
    }

    private synchronized void submit(int ours) {
        if (ours == round) {
            next = target.submit(() -> check(ours));
        }
    }

    private void check(int ours) {
        Duration began = sinceStart();
        Instant start = target.now();
        BoundedOutput output = new BoundedOutput();
        try {
            OptionalInt code = target.run(plan.command(), plan.timeout(), output);
            if (code.isPresent()) {
                take(ours, new Health.Result(start, target.now(), code.getAsInt(), output.text()), began);
            } else {
                goOn(ours);
            }
        } catch (BivouacException e) {
            String text = output.text();
            String reason = e.getMessage() + (text.isEmpty() ? "" : "\n" + text);
            take(ours, new Health.Result(start, target.now(), -1, reason), began);
        }
    }

    /** Its end will be told, and call this off; if not, the next check finds out more. */
    private synchronized void goOn(int ours) {
        if (ours == round) {
            schedule();
        }
    }

    private void take(int ours, Health.Result result, Duration began) {
        CompletableFuture<Health> told;
        Health now;
        synchronized (this) {
            if (ours != round) {
                return;
            }
            health = plan.after(health, result, began);
            now = health;
            told = settled;
            schedule();
        }
        if (now.status() != Health.Status.STARTING) {
            told.complete(now);
        }
    }
}
