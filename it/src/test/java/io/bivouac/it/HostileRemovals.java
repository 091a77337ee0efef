package io.bivouac.it;

import static io.bivouac.it.HostileLayer.accepted;
import static io.bivouac.it.HostileLayer.refused;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whiteouts, opaque folders, and entries that replace others. */
final class HostileRemovals {
    private static final String NO_WHITEOUT = "the name of an entry is no whiteout: ";
    private static final String OPAQUE = "/.wh..wh..opq";

    private HostileRemovals() {}

    private static RawTar old() {
        return new RawTar().folder("d").file("d/old", "1").symlink("s", "d");
    }

    static List<HostileLayer> cases() throws IOException {
        RawTar opaques = new RawTar();
        for (int i = 0; i < 100_000; i++) {
            opaques.file("o" + i % 10 + OPAQUE, "");
        }
        byte[] busybox = Files.readAllBytes(Path.of("/bin/busybox"));
        return List.of(
                refused("whiteout of nothing", NO_WHITEOUT + ".wh.", new RawTar().file(".wh.", "")),
                refused("whiteout of a dot", NO_WHITEOUT + "d/.wh..", new RawTar().file("d/.wh..", "")),
                refused("whiteout of two dots", NO_WHITEOUT + ".wh...", new RawTar().file(".wh...", "")),
                refused("whiteout of a whiteout", NO_WHITEOUT + ".wh..wh.x", new RawTar().file(".wh..wh.x", "")),
                accepted("whiteout", "ls -A /d", "", old(), new RawTar().file("d/.wh.old", "")),
                accepted(
                        "whiteout through a link",
                        "ls -A /d; readlink /s",
                        "d\n",
                        old(),
                        new RawTar().file("s/.wh.old", "")),
                accepted(
                        "whiteout in a new folder",
                        "ls -A /n",
                        "",
                        new RawTar().folder("n").file("n/.wh.none", "")),
                accepted(
                        "whiteout of what no layer has",
                        "ls -A /d /n",
                        "/d:\nold\n\n/n:\nx\n",
                        old(),
                        new RawTar()
                                .file("d/.wh.none", "")
                                .file("n/.wh.none", "")
                                .file("n/x", "")),
                accepted("whiteout as a folder", "ls -A /d", "", old(), new RawTar().folder("d/.wh.old")),
                accepted(
                        "whiteout as a link",
                        "ls -A /d",
                        "",
                        old(),
                        new RawTar().symlink("d/.wh.old", HostileLayerTests.canaryFolder())),
                accepted(
                        "whiteout, then a child",
                        "ls -A /d; stat -c %a /d",
                        "new\n755\n",
                        old(),
                        new RawTar().file(".wh.d", "").file("d/new", "")),
                accepted(
                        "whiteout, then a folder",
                        "ls -A /d; stat -c %a /d",
                        "\n711\n".substring(1),
                        old(),
                        new RawTar().file(".wh.d", "").add('5', "d", header -> header.mode(0711))),
                accepted(
                        "whiteout, then a file",
                        "cat /d",
                        "file",
                        old(),
                        new RawTar().file(".wh.d", "").file("d", "file")),
                accepted(
                        "child, then its whiteout",
                        "ls -A /d",
                        "",
                        old(),
                        new RawTar().file("d/old", "2").file("d/.wh.old", "")),
                accepted(
                        "hidden twice",
                        "ls -A /d",
                        "new\n",
                        old(),
                        new RawTar()
                                .file("d" + OPAQUE, "")
                                .file("d/.wh.old", "")
                                .file("d/new", "")),
                accepted(
                        "opaque folder",
                        "ls -A /d",
                        "new\n",
                        old(),
                        new RawTar().folder("d").file("d" + OPAQUE, "").file("d/new", "")),
                accepted(
                        "opaque after its children",
                        "ls -A /d",
                        "new\n",
                        old(),
                        new RawTar().folder("d").file("d/new", "").file("d" + OPAQUE, "")),
                accepted("opaque without its folder", "ls -A /d", "", old(), new RawTar().file("d" + OPAQUE, "")),
                accepted(
                        "opaque through a link",
                        "ls -A /d; readlink /s",
                        "new\nd\n",
                        old(),
                        new RawTar().file("s" + OPAQUE, "").file("s/new", "")),
                refused(
                        "opaque file",
                        "f" + " cannot be written (openat2): not a directory (ENOTDIR)",
                        new RawTar().file("f", "").file("f" + OPAQUE, "")),
                accepted(
                        "opaque root",
                        "for f in /*; do echo $f; done; echo /d/*",
                        "/bin\n/d\n/dev\n/etc\n/proc\n/sys\n/d/new\n",
                        old(),
                        new RawTar()
                                .file(OPAQUE.substring(1), "")
                                .folder("bin")
                                .add('0', "bin/busybox", header -> header.mode(0755), busybox)
                                .file("d/new", "")),
                accepted("opaques without number", "ls -d /o* | wc -l", "10\n", opaques),
                accepted(
                        "opaque whiteout across three layers",
                        "ls -A /d",
                        "third\n",
                        old(),
                        new RawTar().file(".wh.d", ""),
                        new RawTar().file("d/third", "")),
                accepted("file over a folder", "cat /d", "file", old(), new RawTar().file("d", "file")),
                accepted(
                        "folder over a file",
                        "cat /x/y",
                        "2",
                        new RawTar().file("x", "1"),
                        new RawTar().folder("x").file("x/y", "2")),
                accepted(
                        "child of what was a file below",
                        "cat /x/y",
                        "2",
                        new RawTar().file("x", "1"),
                        new RawTar().file("x/y", "2")),
                accepted(
                        "the last of two holds",
                        "cat /x",
                        "2",
                        new RawTar().file("x", "1").file("x", "2")),
                accepted(
                        "the last of two types holds",
                        "cat /x",
                        "2",
                        new RawTar().folder("x").file("x/y", "1").file("x", "2")),
                accepted(
                        "parent of a layer below",
                        "stat -c '%a %u:%g %Y' /d",
                        "710 7:8 1000000000\n",
                        new RawTar().add('5', "d", header -> header.mode(0710).owner(7, 8)),
                        new RawTar().file("d/new", "")));
    }
}
