package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A user of this host with subordinate ids, made for a test or a measurement and removed after it. */
public final class OrdinaryUser implements AutoCloseable {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final String name;
    private final Path home;
    private final String classPath;

    private OrdinaryUser(String name, Path home, String classPath) {
        this.name = name;
        this.home = home;
        this.classPath = classPath;
    }

    /** Makes one; the class path is copied to its home, since root's files are closed to others. */
    public static OrdinaryUser create() throws IOException, InterruptedException {
        String name = "bivouac-it-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
        Path home = Files.createTempDirectory(Path.of("/var/tmp"), name + "-");
        Commands.Result made = Commands.run("useradd", "--no-create-home", "--home-dir", home.toString(), name);
        assertThat(made.code()).as(made.output()).isZero();
        assertThat(Files.readString(Path.of("/etc/subuid"))).contains(name + ":");
        Path classes = Files.createDirectories(home.resolve("classes"));
        String classPath = ChildJvm.readableClassPath(classes);
        Commands.run("chown", "-R", name + ":" + name, home.toString());
        Commands.run("chmod", "755", home.toString());
        return new OrdinaryUser(name, home, classPath);
    }

    public Path home() {
        return home;
    }

    String name() {
        return name;
    }

    /** A JVM of this user. */
    public ChildJvm jvm() {
        return jvm(new ChildJvm());
    }

    /** The same, under commands that are run as whoever runs this. */
    ChildJvm jvm(ChildJvm outer) {
        return outer.under("setpriv", "--reuid=" + name, "--regid=" + name, "--init-groups", "--reset-env")
                .environment("HOME=" + home)
                .classPath(classPath);
    }

    /** The command that runs another one as this user. */
    List<String> prefix() {
        return List.of("setpriv", "--reuid=" + name, "--regid=" + name, "--init-groups");
    }

    @Override
    public void close() throws IOException {
        try {
            Commands.run("userdel", "--force", name);
            // HotSpot keeps its counters there, whatever java.io.tmpdir is.
            Commands.run("rm", "-rf", home.toString(), "/tmp/hsperfdata_" + name);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
