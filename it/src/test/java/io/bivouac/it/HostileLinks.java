package io.bivouac.it;

import static io.bivouac.it.HostileLayer.accepted;
import static io.bivouac.it.HostileLayer.refused;

import java.util.List;

/** Links that lead elsewhere, and what is written through them. */
final class HostileLinks {
    private static final String NOT_THERE = " cannot be written (linkat): no such file or directory (ENOENT)";
    private static final String LOOP = " cannot be written (openat2): too many levels of symbolic links (ELOOP)";

    private HostileLinks() {}

    static List<HostileLayer> cases() {
        String canary = HostileLayerTests.canaryFolder();
        String up = "../".repeat(20) + canary.substring(1);
        return List.of(
                accepted(
                        "absolute link and a file through it",
                        "cat " + canary + "/x",
                        "in",
                        new RawTar().symlink("out", canary).file("out/x", "in")),
                accepted(
                        "relative link and a file through it",
                        "cat " + canary + "/x",
                        "in",
                        new RawTar().symlink("out", up).file("out/x", "in")),
                accepted(
                        "link and a file through it across two layers",
                        "cat " + canary + "/x; [ -L /out ] && echo link",
                        "inlink\n",
                        new RawTar().symlink("out", canary),
                        new RawTar().file("out/x", "in")),
                accepted(
                        "link and a folder through it across two layers",
                        "stat -c %a " + canary + "/new /out",
                        "711\n777\n",
                        new RawTar().symlink("out", canary),
                        new RawTar().add('5', "out/new", header -> header.mode(0711))),
                accepted(
                        "chain of links",
                        "cat " + canary + "/folder/x",
                        "in",
                        new RawTar()
                                .symlink("a", "b")
                                .symlink("b", "c/../d")
                                .folder("c")
                                .symlink("d", canary)
                                .file("a/folder/x", "in")),
                accepted(
                        "link over a file of the host, then that file",
                        "cat /x; [ -L /x ] || echo file",
                        "infile\n",
                        new RawTar().symlink("x", canary + "/file").file("x", "in")),
                accepted(
                        "folder over a link",
                        "cat /x/y; [ -L /x ] || echo folder",
                        "infolder\n",
                        new RawTar().symlink("x", canary).folder("x").file("x/y", "in")),
                accepted(
                        "link to proc",
                        "ls /proc-link/x; ls /p; readlink /proc-link",
                        "ls: /proc-link/x: No such file or directory\nx\n/proc/self/root\n",
                        new RawTar()
                                .symlink("proc-link", "/proc/self/root")
                                .folder("p")
                                .file("p/x", "")),
                refused(
                        "loop",
                        "a/x" + LOOP,
                        new RawTar().symlink("a", "b").symlink("b", "a").file("a/x", "")),
                refused(
                        "link to itself",
                        "a/x" + LOOP,
                        new RawTar().symlink("a", "a").file("a/x", "")),
                refused(
                        "loop below",
                        "a/x" + LOOP,
                        new RawTar().symlink("a", "b").symlink("b", "a"),
                        new RawTar().file("a/x", "")),
                accepted(
                        "dangling link",
                        "cat /nowhere/to/go/x",
                        "in",
                        new RawTar().symlink("a", "/nowhere/to/go").file("a/x", "in")),
                accepted(
                        "link whose name ends in a slash",
                        "readlink /sym",
                        "there\n",
                        new RawTar().symlink("sym/", "there")),
                refused(
                        "link target with a NUL",
                        "the target of s holds a NUL character",
                        new RawTar().pax("linkpath", "a\0b").symlink("s", "x")),
                refused(
                        "link target too long",
                        "s cannot be written (symlinkat): name too long (ENAMETOOLONG)",
                        new RawTar().pax("linkpath", "x/".repeat(3000)).symlink("s", "x")),
                refused("link to nothing at all", "s is a SYMLINK to nothing", new RawTar().symlink("s", "")),
                refused(
                        "link with content",
                        "s is a SYMLINK and has content",
                        new RawTar().add('2', "s", header -> header.link("x"), new byte[1])),
                refused(
                        "file as a parent",
                        "f/x cannot be written (openat2): not a directory (ENOTDIR)",
                        new RawTar().file("f", "").file("f/x", "")),
                refused(
                        "hard link out of the layer",
                        "the name of an entry leads out of the layer: ../../etc/passwd",
                        new RawTar().hardLink("h", "../../etc/passwd")),
                refused("absolute hard link", "h" + NOT_THERE, new RawTar().hardLink("h", canary + "/file")),
                refused(
                        "hard link through a link",
                        "h" + NOT_THERE,
                        new RawTar().symlink("s", canary).hardLink("h", "s/file")),
                refused(
                        "hard link through a link below",
                        "h" + NOT_THERE,
                        new RawTar().symlink("s", canary),
                        new RawTar().hardLink("h", "s/file")),
                accepted(
                        "hard link to a link",
                        "readlink /h",
                        canary + "/file\n",
                        new RawTar().symlink("s", canary + "/file").hardLink("h", "s")),
                refused(
                        "hard link to itself",
                        "h" + NOT_THERE,
                        new RawTar().file("h", "").hardLink("h", "h")),
                refused(
                        "hard links to each other",
                        "a" + NOT_THERE,
                        new RawTar().hardLink("a", "b").hardLink("b", "a")),
                refused("hard link to nothing", "h" + NOT_THERE, new RawTar().hardLink("h", "none")),
                refused("hard link without a target", "h is a HARD_LINK to nothing", new RawTar().hardLink("h", "")),
                refused(
                        "hard link to a folder",
                        "h cannot be written (linkat): operation not permitted (EPERM)",
                        new RawTar().folder("d").hardLink("h", "d")),
                refused(
                        "hard link to the root",
                        "h cannot be written (linkat): is a directory (EISDIR)",
                        new RawTar().hardLink("h", ".")),
                refused(
                        "hard link with content",
                        "h is a HARD_LINK and has content",
                        new RawTar().add('1', "h", header -> header.link("x"), new byte[1])),
                accepted(
                        "hard link into a lower layer",
                        "cat /h; echo more >> /h; cat /f; stat -c %a:%u:%g /h",
                        "inin640:7:8\n",
                        new RawTar().add('0', "f", header -> header.mode(0640).owner(7, 8), RawTar.latin("in")),
                        new RawTar().hardLink("h", "f")),
                refused(
                        "hard link to a FIFO of a lower layer",
                        "h cannot be written (linkat): operation not permitted (EPERM)",
                        new RawTar().add('6', "pipe", header -> {}),
                        new RawTar().hardLink("h", "pipe")));
    }
}
