package io.bivouac.it;

import static io.bivouac.it.HostileLayer.accepted;
import static io.bivouac.it.HostileLayer.refused;

import io.bivouac.engine.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/** Attributes that are not an image's to set, compression that lies, and configurations that lead elsewhere. */
final class HostileContents {
    private HostileContents() {}

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        return out.toByteArray();
    }

    /** Of another name in each case: layers that are unpacked already are not looked at again. */
    private static byte[] file(String name) {
        return new RawTar().file(name, "in").bytes();
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static RawTar marked(String attribute, String value) {
        return new RawTar().pax("SCHILY.xattr." + attribute, value).folder("d");
    }

    static List<HostileLayer> cases() throws IOException {
        RawTar old = new RawTar().folder("d").file("d/old", "1").folder("else").file("else/where", "");
        byte[] plain = file("x");
        byte[] half = Arrays.copyOf(plain, 600);
        byte[] rest = Arrays.copyOfRange(plain, 600, plain.length);
        byte[] truncated = file("truncated");
        byte[] zipped = gzip(truncated);
        byte[] damaged = gzip(file("damaged"));
        damaged[damaged.length - 6] ^= 1;
        byte[] huge = new RawTar()
                .add('0', "x", header -> header.size((1L << 33) - 1))
                .bytes();
        byte[] unended = new RawTar().file("x", "in").withoutEnd();
        boolean root = Engines.isRoot();
        String canary = HostileLayerTests.canaryFolder();
        return List.of(
                accepted("overlay's redirect", "ls -A /d", "old\n", old, marked("trusted.overlay.redirect", "/else")),
                accepted("a user's redirect", "ls -A /d", "old\n", old, marked("user.overlay.redirect", "/else")),
                accepted("overlay's opaque mark", "ls -A /d", "old\n", old, marked("trusted.overlay.opaque", "y")),
                accepted("a user's opaque mark", "ls -A /d", "old\n", old, marked("user.overlay.opaque", "y")),
                accepted(
                        "overlay's metacopy",
                        "cat /x",
                        "in",
                        new RawTar().file("x", "below"),
                        new RawTar()
                                .pax("SCHILY.xattr.trusted.overlay.metacopy", "")
                                .file("x", "in")),
                accepted(
                        "a user's whiteout",
                        "cat /x",
                        "in",
                        new RawTar().file("x", "below"),
                        new RawTar()
                                .pax("SCHILY.xattr.user.overlay.whiteout", "y")
                                .file("x", "in")),
                accepted(
                        "label of a security module",
                        "cat /x",
                        "in",
                        new RawTar()
                                .pax("SCHILY.xattr.security.selinux", "system_u:object_r:shadow_t:s0")
                                .file("x", "in")),
                accepted(
                        "setuid program of another owner",
                        "stat -c '%a %u:%g' /x",
                        "4755 1000:50\n",
                        new RawTar().add('0', "x", header -> header.mode(04755).owner(1000, 50))),
                accepted(
                        "device",
                        "[ -c /x ] && stat -c %t:%T /x || ls /x",
                        root ? "1:3\n" : "ls: /x: No such file or directory\n",
                        new RawTar().file("x", "below"),
                        new RawTar().add('3', "x", header -> header.device(1, 3))),
                accepted(
                        "disk",
                        "head -c 1 /x 2>&1",
                        root ? "head: /x: Permission denied\n" : "head: /x: No such file or directory\n",
                        new RawTar().add('4', "x", header -> header.device(8, 0))),
                accepted("several members", "cat /x", "in", join(gzip(half), gzip(rest)), plain),
                accepted(
                        "zeros behind the last member",
                        "cat /zeros",
                        "in",
                        join(gzip(file("zeros")), new byte[3000]),
                        file("zeros")),
                refused(
                        "truncated member",
                        "the compressed layer ends too early",
                        Arrays.copyOf(zipped, zipped.length - 9),
                        truncated),
                refused(
                        "truncated between members",
                        "the archive ends within a header",
                        gzip(Arrays.copyOf(file("header"), 300)),
                        file("header")),
                refused(
                        "damaged member",
                        "the compressed layer is damaged: its checksum is wrong",
                        damaged,
                        file("damaged")),
                refused(
                        "something behind the last member",
                        "the compressed layer is damaged: what follows a member is none",
                        join(gzip(file("behind")), plain),
                        file("behind")),
                refused(
                        "truncated archive",
                        "the archive ends 8589933567 bytes before the end of an entry",
                        huge,
                        huge),
                accepted("archive without an end", "cat /x", "in", unended, unended),
                accepted(
                        "something behind the end",
                        "cat /x; ls /y",
                        "inls: /y: No such file or directory\n",
                        join(plain, new RawTar().file("y", "").bytes()),
                        join(plain, new RawTar().file("y", "").bytes())),
                refused(
                        "another archive than announced",
                        "its content has the digest " + Digest.of(plain) + ", the image's configuration names "
                                + Digest.of(half),
                        plain,
                        half),
                refused("no archive at all", "the archive ends within a header", new byte[] {1, 2, 3}, new byte[] {
                    1, 2, 3
                }),
                refused(
                        "nothing but noise",
                        "the checksum in a header is no number",
                        RawTar.latin("noise ".repeat(200)),
                        RawTar.latin("noise ".repeat(200))),
                accepted(
                                "password file that is a FIFO",
                                "grep Uid /proc/self/status | cut -f 2",
                                "7\n",
                                new RawTar().add('6', "etc/passwd", header -> {}))
                        .with(Map.of("User", "7")),
                accepted(
                                "password file that leads out",
                                "grep Uid /proc/self/status | cut -f 2",
                                "7\n",
                                new RawTar().symlink("etc/passwd", canary + "/file"))
                        .with(Map.of("User", "7")),
                accepted(
                                "working directory through a link",
                                "pwd; ls -A " + canary,
                                canary + "/new\nnew\n",
                                new RawTar().symlink("w", canary))
                        .with(Map.of("WorkingDir", "/w/new")),
                accepted(
                                "volume through a link",
                                "[ -L /v ] && ls /v && echo inside",
                                "inside\n",
                                new RawTar().symlink("v", canary))
                        .with(Map.of("Volumes", Map.of("/v", Map.of()))));
    }
}
