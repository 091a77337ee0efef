package io.bivouac.engine.tar;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * An entry of an archive, its extensions applied.
 *
 * @param name as it is written
 * @param link what a link points to, as it is written
 * @param mode as it is written, type bits included where an archiver wrote them
 * @param seconds of the modification time, since 1970
 * @param size of the content, holes included
 * @param attributes extended attributes by name, values as bytes
 */
public record TarEntry(
        TarType type,
        byte[] name,
        byte[] link,
        int mode,
        long uid,
        long gid,
        long seconds,
        int nanos,
        long size,
        long major,
        long minor,
        Map<String, byte[]> attributes) {
    /** A name for people: a message with it goes to terminals, which obey what is no character. */
    public static String printable(byte[] name) {
        return new String(name, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", "?");
    }
}
