package io.bivouac.it;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.ExecResult;
import io.bivouac.engine.ExecSpec;
import io.bivouac.fixtures.Programs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * Where attacks happen.
 *
 * @param folder on the host, of this run's own
 * @param store the engine's
 * @param key the name of a key in the session keyring of the user who runs the engine
 */
record AttackScene(Engine engine, Path folder, Path store, String key) {
    /** Has the intruder, also setuid and with a capability that it could inherit. */
    static final String PLAIN = "plain:1";

    /** Hostile links by the image that has them: what is done at their place happens where they lead. */
    private static final Map<String, List<String>> LINKS = Map.of(
            "dev:1", List.of("dev", "/session"),
            "proc:1", List.of("proc", "/session"),
            "out:1", List.of("out", "/session"),
            "data:1", List.of("data", "/proc"),
            "sysctl:1", List.of("data", "/proc/sys"));

    private static final int EXECUTABLE = 0755;
    private static final int SETUID = 04755;

    /** Revision 2 of struct vfs_cap_data, effective. */
    private static final int INHERITING = 0x0200_0001;

    private static final int NET_RAW = 1 << 13;

    /** Writes the images into a folder of layouts. */
    static void writeImages(Path folder) throws IOException {
        byte[] busybox = Files.readAllBytes(Path.of("/bin/busybox"));
        byte[] intruder = Files.readAllBytes(Programs.intruder(folder));
        SmallImages.Layer plain = tar -> {
            tar.file("bin/busybox", EXECUTABLE, busybox)
                    .file("bin/intruder", EXECUTABLE, intruder)
                    .file("bin/setuid", SETUID, intruder)
                    .put(gifted(), EXECUTABLE, intruder)
                    .file("etc/passwd", 0644, "root:x:0:0::/:/bin/sh\n");
            for (String applet :
                    List.of("sh", "cat", "chmod", "head", "ln", "ls", "mknod", "mkdir", "mount", "sleep")) {
                tar.symlink("bin/" + applet, "busybox");
            }
        };
        SmallImages.write(layout(folder, PLAIN), PLAIN, plain);
        for (Map.Entry<String, List<String>> entry : LINKS.entrySet()) {
            List<String> link = entry.getValue();
            SmallImages.write(
                    layout(folder, entry.getKey()),
                    entry.getKey(),
                    plain,
                    tar -> tar.symlink(link.get(0), link.get(1)));
        }
    }

    private static Path layout(Path folder, String image) throws IOException {
        return Files.createDirectories(folder.resolve("images").resolve(image.replace(":", "-")));
    }

    private static TarArchiveEntry gifted() {
        TarArchiveEntry entry = new TarArchiveEntry("bin/gifted");
        byte[] capabilities = ByteBuffer.allocate(20)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(INHERITING)
                .putInt(0)
                .putInt(NET_RAW)
                .array();
        // Every byte is below 0x80, where UTF-8 is the byte itself.
        entry.addPaxHeader("SCHILY.xattr.security.capability", new String(capabilities, StandardCharsets.US_ASCII));
        return entry;
    }

    ContainerSpec spec(String image) {
        return ContainerSpec.of(image).withName("c").withEntrypoint("sleep", "100000");
    }

    /** What a shell in a new container says. */
    String say(ContainerSpec spec, String script) {
        return say(spec, ExecSpec.of("sh", "-c", script));
    }

    String say(ContainerSpec spec, ExecSpec command) {
        try (Container container = engine.start(spec)) {
            ExecResult result = container.exec(command);
            return (result.stdout() + result.stderr()).strip();
        }
    }

    /** Whether a file of that name is in a folder that the engine keeps on the host. */
    boolean isInSession(String name) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> sessions = Files.list(store.resolve("sessions"))) {
            sessions.map(session -> session.resolve(name)).filter(Files::exists).forEach(found::add);
        }
        return !found.isEmpty();
    }
}
