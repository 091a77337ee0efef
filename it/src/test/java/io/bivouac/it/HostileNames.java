package io.bivouac.it;

import static io.bivouac.it.HostileLayer.accepted;
import static io.bivouac.it.HostileLayer.refused;

import java.util.List;

/** Names that lead elsewhere, or that no file system has. */
final class HostileNames {
    private static final String LEADS_OUT = "the name of an entry leads out of the layer: ";

    private HostileNames() {}

    static List<HostileLayer> cases() {
        String canary = HostileLayerTests.canaryFolder();
        String deep = "d/".repeat(5000) + "x";
        String longPath = ("n".repeat(200) + "/").repeat(21) + "x";
        String longName = "n".repeat(256);
        return List.of(
                refused("dots", LEADS_OUT + "../x", new RawTar().file("../x", "evil")),
                refused("dots within", LEADS_OUT + "a/../../x", new RawTar().file("a/../../x", "evil")),
                refused("dots that stay", LEADS_OUT + "a/../x", new RawTar().file("a/../x", "evil")),
                refused("dots alone", LEADS_OUT + "..", new RawTar().folder("..")),
                refused(
                        "dots in a PAX path",
                        LEADS_OUT + "../../x",
                        new RawTar().pax("path", "../../x").file("x", "")),
                refused(
                        "dots in a GNU name",
                        LEADS_OUT + "../../x",
                        new RawTar()
                                .add('L', "././@LongLink", header -> {}, RawTar.latin("../../x\0"))
                                .file("x", "")),
                refused(
                        "dots in the name of a sparse file",
                        LEADS_OUT + "../../x",
                        new RawTar()
                                .pax("GNU.sparse.name", "../../x", "GNU.sparse.size", "0", "GNU.sparse.map", "0,0")
                                .file("x", "")),
                accepted("absolute", "cat " + canary + "/x", "in", new RawTar().file(canary + "/x", "in")),
                accepted(
                        "absolute PAX path",
                        "cat " + canary + "/folder/x",
                        "in",
                        new RawTar().pax("path", canary + "/folder/x").file("x", "in")),
                accepted("slashes and dots", "cat /a/b", "in", new RawTar().file(".//a/./b", "in")),
                accepted(
                        "prefix of the POSIX form",
                        "cat /up/x",
                        "in",
                        new RawTar().add('0', "x", header -> header.field(345, 155, "/up"), RawTar.latin("in"))),
                refused("empty name", "the name of an entry is empty", new RawTar().file("", "")),
                refused(
                        "NUL in a PAX path",
                        "the name of an entry holds a NUL character: a?b",
                        new RawTar().pax("path", "a\0b").file("x", "")),
                accepted(
                        "no UTF-8",
                        "cd /n; for f in *; do printf %s \"$f\" | od -An -tx1; done",
                        " 62 61 64 ff c3\n",
                        new RawTar().file("n/bad\u00ff\u00c3", "")),
                accepted(
                        "control characters",
                        "cd /n; for f in *; do printf %s \"$f\" | od -An -tx1; done",
                        " 1b 5b 32 4a 0a\n",
                        new RawTar().file("n/\u001b[2J\n", "")),
                refused(
                        "control characters in a message",
                        LEADS_OUT + "?[2J/..",
                        new RawTar().file("\u001b[2J/..", "")),
                accepted(
                        "255 bytes",
                        "cd /l; ls | wc -c",
                        "256\n",
                        new RawTar().pax("path", "l/" + "n".repeat(255)).file("x", "")),
                refused(
                        "256 bytes",
                        longName + " cannot be written (fstatat): name too long (ENAMETOOLONG)",
                        new RawTar().pax("path", longName).file("x", "")),
                refused(
                        "4096 bytes of path",
                        longPath.substring(0, 511) + " cannot be written (openat2): name too long (ENAMETOOLONG)",
                        new RawTar().pax("path", longPath).file("x", "")),
                refused(
                        "5000 folders",
                        "an entry lies deeper than 1000 folders, the limit of bivouac.layer.depth",
                        new RawTar().pax("path", deep).file("x", "")),
                accepted(
                        "900 folders",
                        "cd /d; i=1; while [ $i -lt 900 ]; do cd d || exit; i=$((i + 1)); done; cat x",
                        "in",
                        new RawTar().pax("path", "d/".repeat(900) + "x").file("x", "in")),
                refused(
                        "root as a link",
                        "the root of the layer is not a folder but a SYMLINK",
                        new RawTar().symlink(".", canary)),
                refused(
                        "root as a file",
                        "the root of the layer is not a folder but a FILE",
                        new RawTar().file(".", "evil")),
                refused(
                        "root as a hard link",
                        "the root of the layer is not a folder but a HARD_LINK",
                        new RawTar().hardLink(".", "etc/passwd")),
                accepted(
                        "root with a mode",
                        "stat -c %a /",
                        "700\n",
                        new RawTar().add('5', "./", header -> header.mode(0700))),
                accepted(
                        "proc as a link",
                        "[ -d /proc/1 ] && echo proc",
                        "proc\n",
                        new RawTar().symlink("proc", canary)));
    }
}
