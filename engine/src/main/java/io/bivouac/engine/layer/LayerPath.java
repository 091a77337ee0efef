package io.bivouac.engine.layer;

import io.bivouac.engine.tar.TarEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Names of a layer's entries, brought into the form tree records have: relative, no empty and no dot components. */
final class LayerPath {
    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";

    private LayerPath() {}

    /** {@code ./a//b/} becomes {@code a/b}, the root the empty path; a component {@code ..} is refused. */
    static byte[] normalize(byte[] path) throws IOException {
        // Latin-1 keeps every byte, and the separators are ASCII in every encoding.
        String text = new String(path, StandardCharsets.ISO_8859_1);
        if (text.isEmpty()) {
            throw new IOException("the name of an entry is empty");
        }
        if (text.indexOf('\0') >= 0) {
            throw new IOException("the name of an entry holds a NUL character: " + printable(path));
        }
        StringBuilder normal = new StringBuilder(text.length());
        for (String component : text.split("/", -1)) {
            if (component.equals("..")) {
                throw new IOException("the name of an entry leads out of the layer: " + printable(path));
            }
            if (!component.isEmpty() && !component.equals(".")) {
                normal.append(normal.isEmpty() ? "" : "/").append(component);
            }
        }
        return normal.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Of folders; that of the root is 0. */
    static int depth(byte[] path) {
        int depth = path.length == 0 ? 0 : 1;
        for (byte character : path) {
            depth += character == '/' ? 1 : 0;
        }
        return depth;
    }

    static String name(byte[] path) {
        String text = new String(path, StandardCharsets.ISO_8859_1);
        return text.substring(text.lastIndexOf('/') + 1);
    }

    static byte[] parent(byte[] path) {
        String text = new String(path, StandardCharsets.ISO_8859_1);
        return text.substring(0, Math.max(text.lastIndexOf('/'), 0)).getBytes(StandardCharsets.ISO_8859_1);
    }

    static boolean isOpaqueMark(byte[] path) {
        return name(path).equals(OPAQUE);
    }

    static boolean isWhiteout(byte[] path) {
        return name(path).startsWith(WHITEOUT);
    }

    /** The path a whiteout stands for. */
    static byte[] hidden(byte[] path) throws IOException {
        String hidden = name(path).substring(WHITEOUT.length());
        if (hidden.isEmpty() || hidden.equals(".") || hidden.equals("..") || hidden.startsWith(WHITEOUT)) {
            throw new IOException("the name of an entry is no whiteout: " + printable(path));
        }
        return child(parent(path), hidden);
    }

    /** The name of the whiteout of a path. */
    static byte[] whiteout(byte[] path) {
        return child(parent(path), WHITEOUT + name(path));
    }

    private static byte[] child(byte[] parent, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        if (parent.length == 0) {
            return bytes;
        }
        byte[] path = new byte[parent.length + 1 + bytes.length];
        System.arraycopy(parent, 0, path, 0, parent.length);
        path[parent.length] = '/';
        System.arraycopy(bytes, 0, path, parent.length + 1, bytes.length);
        return path;
    }

    static String printable(byte[] path) {
        return TarEntry.printable(path);
    }
}
