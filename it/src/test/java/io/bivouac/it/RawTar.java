package io.bivouac.it;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/** An archive written block by block, so that it can say what no archiver would write. */
final class RawTar {
    private static final int BLOCK = 512;
    private static final int LINK = 100;
    private static final int CHECKSUM = 148;
    private static final int CHECKSUM_LENGTH = 8;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** One header; fields are texts in the form they have in the archive, bytes as Latin-1. */
    static final class Header {
        private final byte[] block = new byte[BLOCK];

        private Header(char type, String name) {
            put(0, 100, name);
            octal(100, 8, 0644);
            octal(108, 8, 0);
            octal(116, 8, 0);
            octal(124, 12, 0);
            octal(136, 12, 1_000_000_000);
            block[156] = (byte) type;
            put(257, 8, "ustar\00000");
        }

        private void put(int offset, int length, String text) {
            Arrays.fill(block, offset, offset + length, (byte) 0);
            byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(bytes, 0, block, offset, Math.min(bytes.length, length));
        }

        private void octal(int offset, int length, long number) {
            put(offset, length, String.format("%0" + (length - 1) + "o", number));
        }

        Header mode(int mode) {
            octal(100, 8, mode);
            return this;
        }

        Header owner(long uid, long gid) {
            octal(108, 8, uid);
            octal(116, 8, gid);
            return this;
        }

        Header size(long size) {
            octal(124, 12, size);
            return this;
        }

        /** Whatever the field is to hold. */
        Header sizeField(String text) {
            put(124, 12, text);
            return this;
        }

        Header link(String target) {
            put(157, LINK, target);
            return this;
        }

        Header device(int major, int minor) {
            octal(329, 8, major);
            octal(337, 8, minor);
            return this;
        }

        /** Any field. */
        Header field(int offset, int length, String text) {
            put(offset, length, text);
            return this;
        }

        private byte[] bytes() {
            Arrays.fill(block, CHECKSUM, CHECKSUM + CHECKSUM_LENGTH, (byte) ' ');
            long sum = 0;
            for (byte value : block) {
                sum += value & 0xff;
            }
            put(CHECKSUM, CHECKSUM_LENGTH, String.format("%06o\0 ", sum));
            return block;
        }
    }

    /** A character for each byte. */
    static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    RawTar add(char type, String name, Consumer<Header> edit, byte[] content) {
        Header header = new Header(type, name);
        header.size(content.length);
        edit.accept(header);
        out.writeBytes(header.bytes());
        return data(content);
    }

    /** Content without a header, filled up to a block. */
    RawTar data(byte[] content) {
        out.writeBytes(content);
        out.writeBytes(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
        return this;
    }

    RawTar add(char type, String name, Consumer<Header> edit) {
        return add(type, name, edit, new byte[0]);
    }

    RawTar file(String name, String content) {
        return add('0', name, header -> {}, latin(content));
    }

    RawTar folder(String name) {
        return add('5', name, header -> header.mode(0755));
    }

    RawTar symlink(String name, String target) {
        if (target.length() > LINK) {
            pax("linkpath", target);
        }
        return add('2', name, header -> header.link(target));
    }

    RawTar hardLink(String name, String target) {
        return add('1', name, header -> header.link(target));
    }

    /** Records of a PAX header: keys and values by turns. */
    RawTar pax(String... records) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int i = 0; i < records.length; i += 2) {
            String rest = " " + records[i] + "=" + records[i + 1] + "\n";
            int length = rest.length() + Integer.toString(rest.length()).length();
            length = rest.length() + Integer.toString(length).length();
            text.writeBytes((length + rest).getBytes(StandardCharsets.ISO_8859_1));
        }
        return add('x', "PaxHeaders", header -> {}, text.toByteArray());
    }

    /** The archive with its end. */
    byte[] bytes() {
        byte[] archive = out.toByteArray();
        return Arrays.copyOf(archive, archive.length + 2 * BLOCK);
    }

    /** The archive as it is so far. */
    byte[] withoutEnd() {
        return out.toByteArray();
    }
}
