package io.bivouac.it;

import static io.bivouac.it.HostileLayer.accepted;
import static io.bivouac.it.HostileLayer.refused;

import java.util.List;

/** Headers that lie, and what no file system can do. */
final class HostileHeaders {
    private static final String TOO_MANY = "the headers before an entry are larger than 1048576 bytes or more than 4";
    private static final String FF = "\u00ff";

    private HostileHeaders() {}

    private static RawTar chain(char type, int count) {
        RawTar tar = new RawTar();
        for (int i = 0; i < count; i++) {
            tar.add(type, "x", header -> {}, RawTar.latin("13 comment=x\n"));
        }
        return tar;
    }

    static List<HostileLayer> cases() {
        byte[] wrongSum = new RawTar().file("x", "").bytes();
        wrongSum[0] = 'y';
        String sparse = "the map of a sparse file is out of order or leads beyond its end";
        return List.of(
                refused("bad checksum", "the checksum of a header is wrong", wrongSum, wrongSum),
                refused("chain of PAX headers", TOO_MANY, chain('x', 6).file("x", "")),
                refused("chain of long names", TOO_MANY, chain('L', 100_000).file("x", "")),
                refused("chain of global headers", TOO_MANY, chain('g', 6).file("x", "")),
                refused("long name of 4 GiB", TOO_MANY, new RawTar().add('L', "x", header -> header.size(1L << 32))),
                refused("PAX header of 2 GB", TOO_MANY, new RawTar().add('x', "x", header -> header.size(1L << 31))),
                refused(
                        "long link of 8 GiB less one",
                        TOO_MANY,
                        new RawTar().add('K', "x", header -> header.size((1L << 33) - 1))),
                refused("PAX header alone", "the archive ends after the headers of an entry", chain('x', 1)),
                refused(
                        "PAX record of a false length",
                        "a PAX header is malformed at byte 0",
                        new RawTar().add('x', "x", header -> {}, RawTar.latin("99 path=x\n"))),
                refused(
                        "PAX record of no length",
                        "a PAX header is malformed at byte 0",
                        new RawTar().add('x', "x", header -> {}, RawTar.latin("-7 path=x\n"))),
                refused(
                        "PAX record of an endless length",
                        "a PAX header is malformed at byte 0",
                        new RawTar().add('x', "x", header -> {}, RawTar.latin("9".repeat(500_000) + " path=x\n"))),
                accepted(
                        "global path",
                        "cat /ok; ls /evil",
                        "inls: /evil: No such file or directory\n",
                        new RawTar()
                                .add('g', "x", header -> {}, RawTar.latin("13 path=/evil\n"))
                                .file("ok", "in")),
                refused(
                        "negative size",
                        "the size in a header is negative: -1",
                        new RawTar().add('0', "x", header -> header.sizeField(FF.repeat(12)))),
                refused(
                        "size beyond all numbers",
                        "the size in a header is too large: 309485009821345068724781055",
                        new RawTar().add('0', "x", header -> header.sizeField("\u0080" + FF.repeat(11)))),
                refused(
                        "size that is no number",
                        "the size in a header is no number",
                        new RawTar().add('0', "x", header -> header.sizeField("0x1000"))),
                refused(
                        "size of more than there is",
                        "the archive ends 7168 bytes before the end of an entry",
                        new RawTar().add('0', "x", header -> header.size(8192))),
                refused(
                        "negative PAX size",
                        "the value of size in a PAX header is no number that fits",
                        new RawTar().pax("size", "-1").file("x", "")),
                refused(
                        "PAX size of 20 digits",
                        "the value of size in a PAX header is no number that fits",
                        new RawTar().pax("size", "9".repeat(19)).file("x", "")),
                refused(
                        "size of 8 EiB",
                        "with x the layer's files are larger than the limit of 68719476736 bytes, bivouac.layer.bytes",
                        new RawTar().pax("size", Long.toString(Long.MAX_VALUE)).file("x", "")),
                refused(
                        "sparse file of 8 EiB",
                        "with x the layer's files are larger than the limit of 68719476736 bytes, bivouac.layer.bytes",
                        new RawTar()
                                .pax("GNU.sparse.size", Long.toString(Long.MAX_VALUE), "GNU.sparse.map", "0,0")
                                .file("x", "")),
                refused(
                        "GNU sparse file of 8 EiB",
                        "with x the layer's files are larger than the limit of 68719476736 bytes, bivouac.layer.bytes",
                        new RawTar()
                                .add('S', "x", header -> header.field(483, 12, "\u0080\0\0\0\u007f" + FF.repeat(7)))),
                refused(
                        "sparse segments that overlap",
                        sparse,
                        new RawTar()
                                .pax("GNU.sparse.size", "100", "GNU.sparse.map", "0,10,5,10")
                                .file("x", "a".repeat(20))),
                refused(
                        "sparse segment beyond the end",
                        sparse,
                        new RawTar()
                                .pax("GNU.sparse.size", "100", "GNU.sparse.map", "99,10")
                                .file("x", "a".repeat(10))),
                refused(
                        "sparse segment that overflows",
                        sparse,
                        new RawTar()
                                .pax("GNU.sparse.size", "100", "GNU.sparse.map", Long.MAX_VALUE + "," + Long.MAX_VALUE)
                                .file("x", "")),
                refused(
                        "sparse map of another size",
                        "a sparse file's map tells of 10 bytes, the archive holds 5",
                        new RawTar()
                                .pax("GNU.sparse.size", "100", "GNU.sparse.map", "0,10")
                                .file("x", "aaaaa")),
                refused(
                        "sparse map without an end",
                        "the map of a sparse file is malformed",
                        new RawTar()
                                .pax("GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.realsize", "9")
                                .file("x", "1".repeat(600))),
                refused(
                        "sparse map of too many segments",
                        "the map of a sparse file has 99999999 segments",
                        new RawTar()
                                .pax("GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.realsize", "9")
                                .file("x", "99999999\n")),
                refused(
                        "owner that is none",
                        "the owner of x is out of the range of ids: 4294967295:0",
                        new RawTar().pax("uid", "4294967295").file("x", "")),
                refused(
                        "group beyond all ids",
                        "the owner of x is out of the range of ids: 0:4294967296",
                        new RawTar().pax("gid", "4294967296").file("x", "")),
                refused(
                        "negative owner",
                        "the owner of x is out of the range of ids: -1:0",
                        new RawTar().add('0', "x", header -> header.field(108, 8, FF.repeat(8)))),
                refused(
                        "time that is none",
                        "the value of mtime in a PAX header is no time",
                        new RawTar().pax("mtime", "1e9").file("x", "")),
                refused(
                        "time beyond all numbers",
                        "the value of mtime in a PAX header is no time",
                        new RawTar().pax("mtime", "9".repeat(30)).file("x", "")),
                accepted(
                        "time of the far future",
                        "cat /x",
                        "in",
                        new RawTar().pax("mtime", Long.toString(Long.MAX_VALUE)).file("x", "in")),
                accepted(
                        "time before all times",
                        "cat /x",
                        "in",
                        new RawTar().pax("mtime", "-62135596800.5").file("x", "in")),
                refused("volume label", "x is of a type no layer holds: 'V'", new RawTar().add('V', "x", header -> {})),
                refused(
                        "part of a file",
                        "x is of a type no layer holds: 'M'",
                        new RawTar().add('M', "x", header -> {})),
                refused(
                        "folder with content",
                        "x is a FOLDER and has content",
                        new RawTar().add('5', "x", header -> {}, new byte[1])),
                refused(
                        "device 0:0",
                        "x is the device 0:0, which is no device",
                        new RawTar().add('3', "x", header -> {})),
                refused(
                        "device number out of range",
                        "x is a device of an impossible number: 4096:0",
                        new RawTar().add('3', "x", header -> header.device(4096, 0))),
                refused(
                        "device number far out of range",
                        "x is a device of an impossible number: 1:1048576",
                        new RawTar().add('4', "x", header -> header.device(1, 1 << 20))),
                refused(
                        "zeros between entries",
                        "a block of zeros stands between entries",
                        new RawTar().file("x", "").data(new byte[512]).file("y", "")),
                refused(
                        "attribute without a name",
                        "x has an extended attribute of an impossible name",
                        new RawTar().pax("SCHILY.xattr.", "1").file("x", "")),
                refused(
                        "attribute with a NUL in its name",
                        "x has an extended attribute of an impossible name",
                        new RawTar().pax("SCHILY.xattr.user.a\0b", "1").file("x", "")));
    }
}
