package io.bivouac.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts another JVM on the same class path, to be killed, starved, or run as somebody else. */
public final class ChildJvm {
    private final List<String> prefix = new ArrayList<>();
    private final List<String> options = new ArrayList<>();
    private final List<String> environment = new ArrayList<>();
    private String classPath = System.getProperty("java.class.path");

    /** A command that executes what follows it, such as setpriv. */
    ChildJvm under(String... command) {
        prefix.addAll(List.of(command));
        return this;
    }

    public ChildJvm option(String option) {
        options.add(option);
        return this;
    }

    ChildJvm environment(String assignment) {
        environment.add(assignment);
        return this;
    }

    ChildJvm classPath(String path) {
        classPath = path;
        return this;
    }

    /** Classes and resources that are found before any others. */
    ChildJvm before(Path classes) {
        classPath = classes + ":" + classPath;
        return this;
    }

    public Child start(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        if (!environment.isEmpty()) {
            command.add("env");
            command.addAll(environment);
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(List.of(arguments));
        return new Child(new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** The class path copied to where every user can read it. */
    public static String readableClassPath(Path folder) throws IOException {
        List<String> entries = new ArrayList<>();
        int number = 0;
        for (String entry : System.getProperty("java.class.path").split(":", -1)) {
            Path source = Path.of(entry);
            if (Files.exists(source)) {
                Path target = folder.resolve(number++ + "-" + source.getFileName());
                try {
                    Commands.run("cp", "-r", source.toString(), target.toString());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException(e);
                }
                entries.add(target.toString());
            }
        }
        return String.join(":", entries);
    }
}
