package io.bivouac.it;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Maven in a JVM that outlives its builds, as mvnd's daemon does. Each line it is told is the command line of a build, tabs
 * between; it answers {@code built}, the exit code, and what of ours is left.
 */
public final class MavenDaemon {
    private static final long PATIENCE_MILLIS = 2000;

    private MavenDaemon() {}

    /** The folder of the project; the daemon's own is another. */
    public static void main(String[] arguments) throws Exception {
        Class<?> type = Class.forName("org.apache.maven.cli.MavenCli");
        Object maven = type.getConstructor().newInstance();
        Method build = type.getMethod("doMain", String[].class, String.class, PrintStream.class, PrintStream.class);
        PrintStream out = System.out;
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            Object code = build.invoke(maven, line.split("\t", -1), arguments[0], out, out);
            out.println("built " + code + ", left: " + threads() + " and " + processes());
        }
    }

    /** Those that do not end by themselves: an engine's are told to when it is closed, and not waited for. */
    private static List<String> threads() throws InterruptedException {
        List<String> left = new ArrayList<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("bivouac")) {
                thread.join(PATIENCE_MILLIS);
                if (thread.isAlive()) {
                    left.add(thread.getName());
                }
            }
        }
        return left;
    }

    private static List<String> processes() {
        return ProcessHandle.current()
                .descendants()
                .map(process -> process.pid() + " " + process.info().command().orElse("?"))
                .sorted()
                .toList();
    }
}
