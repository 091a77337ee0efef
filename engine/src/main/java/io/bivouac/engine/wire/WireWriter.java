package io.bivouac.engine.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;

/**
 * Builds frames for the warden: length (u32, little endian, counts type and payload), type (u8), payload. The peer is
 * {@code wire.c}; both are tested against the vectors in {@code src/test/resources/wire}.
 */
public final class WireWriter {
    private static final int HEADER = 5;

    private byte[] data = new byte[1024];
    private int length;
    private int frameStart = -1;

    /** Begins a frame; what is put until {@link #end()} is its payload. */
    public WireWriter begin(FrameType type) {
        if (frameStart >= 0) {
            throw new IllegalStateException("the frame before is not ended");
        }
        frameStart = length;
        putInt(0);
        return put(type.code());
    }

    /** Ends the frame begun last. */
    public WireWriter end() {
        int size = length - frameStart - Integer.BYTES;
        for (int i = 0; i < Integer.BYTES; i++) {
            data[frameStart + i] = (byte) (size >>> (8 * i));
        }
        frameStart = -1;
        return this;
    }

    public WireWriter put(int unsignedByte) {
        reserve(1);
        data[length++] = (byte) unsignedByte;
        return this;
    }

    public WireWriter put(boolean value) {
        return put(value ? 1 : 0);
    }

    public WireWriter putInt(int value) {
        reserve(Integer.BYTES);
        for (int i = 0; i < Integer.BYTES; i++) {
            data[length++] = (byte) (value >>> (8 * i));
        }
        return this;
    }

    /** An unsigned 32-bit value. */
    public WireWriter putUnsigned(long value) {
        if (value < 0 || value > 0xffffffffL) {
            throw new IllegalArgumentException(value + " is no unsigned 32-bit value");
        }
        return putInt((int) value);
    }

    public WireWriter putLong(long value) {
        reserve(Long.BYTES);
        for (int i = 0; i < Long.BYTES; i++) {
            data[length++] = (byte) (value >>> (8 * i));
        }
        return this;
    }

    public WireWriter putBytes(byte[] bytes) {
        return putBytes(bytes, 0, bytes.length);
    }

    public WireWriter putBytes(byte[] bytes, int offset, int count) {
        putInt(count);
        reserve(count);
        System.arraycopy(bytes, offset, data, length, count);
        length += count;
        return this;
    }

    /** A text that C uses in place: it must hold no NUL. */
    public WireWriter putText(String text) {
        if (text.indexOf('\0') >= 0) {
            throw nul(text);
        }
        return putBytes(text.getBytes(StandardCharsets.UTF_8)).put(0);
    }

    private static IllegalArgumentException nul(String text) {
        return new IllegalArgumentException("a text holds a NUL character: " + text);
    }

    /** The same for names of files, which are bytes and need not be UTF-8. */
    public WireWriter putText(byte[] text) {
        for (byte value : text) {
            if (value == 0) {
                throw nul(new String(text, StandardCharsets.UTF_8));
            }
        }
        return putBytes(text).put(0);
    }

    public WireWriter putTexts(Collection<String> texts) {
        putInt(texts.size());
        texts.forEach(this::putText);
        return this;
    }

    private void reserve(int count) {
        if (data.length - length < count) {
            data = Arrays.copyOf(data, Math.max(data.length * 2, length + count));
        }
    }

    public int length() {
        return length;
    }

    /** The buffer itself, valid up to {@link #length()} until the next put. */
    public byte[] buffer() {
        return data;
    }

    public byte[] toBytes() {
        return Arrays.copyOf(data, length);
    }

    /** Forgets everything, keeping the memory. */
    public void reset() {
        length = 0;
        frameStart = -1;
    }

    /** Bytes a frame takes beside its payload. */
    public static int overhead() {
        return HEADER;
    }
}
