package io.bivouac.it;

import io.bivouac.engine.io.FileLocks;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A JVM in which one thread holds a lock while another one waits for a second. */
final class LockHolder {
    private LockHolder() {}

    /**
     * Says {@code holding}; asks for the second after the first line that it reads and says {@code asked}; lets go of the first
     * after the next.
     *
     * @param arguments the lock to hold, and the one to wait for
     */
    public static void main(String[] arguments) throws Exception {
        CountDownLatch letGo = new CountDownLatch(1);
        Thread holder = new Thread(() -> take(arguments[0], "holding", letGo));
        holder.start();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        in.readLine();
        Thread waiter = new Thread(() -> take(arguments[1], "got it", new CountDownLatch(0)));
        waiter.start();
        while (!waits(waiter)) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        System.out.println("asked");
        in.readLine();
        letGo.countDown();
        holder.join();
        waiter.join();
    }

    /** In the kernel, or between two questions, or at its end: twice at the same place. */
    private static boolean waits(Thread thread) throws InterruptedException {
        List<StackTraceElement> first = List.of(thread.getStackTrace());
        TimeUnit.MILLISECONDS.sleep(30);
        return first.equals(List.of(thread.getStackTrace()));
    }

    private static void take(String file, String word, CountDownLatch letGo) {
        try {
            FileLocks.exclusive(Path.of(file), () -> {
                System.out.println(word);
                letGo.await();
                return word;
            });
        } catch (IOException | InterruptedException e) {
            System.out.println("failed: " + e);
        }
    }
}
