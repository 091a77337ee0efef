package io.bivouac.it.machine;

import io.bivouac.fixtures.Disks;
import io.bivouac.fixtures.FixtureImages;
import io.bivouac.it.ChildJvm;
import io.bivouac.it.Commands;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a virtual machine is to run, as a disk: this JVM's class path, the images for tests, and a script. */
final class Job {
    /** Where the machine has it. */
    private static final String MOUNTED = "/job";

    /** What the file system takes for itself, in bytes. */
    private static final long ROOM = 64L << 20;

    private Job() {}

    /**
     * Writes the disk.
     *
     * @param folder empty, for everything on the way to it
     * @param script run by sh as root; {@code $JAVA} is the command that runs a class of ours
     */
    static Path write(Path folder, String script) throws IOException, InterruptedException {
        Path root = Files.createDirectories(folder.resolve("root"));
        Path classes = Files.createDirectories(root.resolve("classes"));
        String classPath = ChildJvm.readableClassPath(classes).replace(root.toString(), MOUNTED);
        Path images = Files.createDirectories(root.resolve("fixtures"));
        for (String layout : FixtureImages.all().split(File.pathSeparator, -1)) {
            Commands.output(List.of("cp", "-r", layout, images.toString()));
        }
        Files.writeString(
                root.resolve("run"),
                "JAVA='java -XX:TieredStopAtLevel=1 -Dbivouac.fixtures=" + MOUNTED + "/fixtures -cp " + classPath
                        + "'\n" + script);
        String size = Commands.output(List.of("du", "-s", "--block-size=1", root.toString()));
        Path disk = folder.resolve("disk");
        Disks.write(root, disk, Long.parseLong(size.split("\t", 2)[0]) * 5 / 4 + ROOM);
        return disk;
    }
}
