package io.bivouac.engine.tar;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** The content of a sparse file, zeros where it has holes. */
final class SparseInputStream extends InputStream {
    private final InputStream data;
    private final SparseMap map;
    private long at;
    private int segment;

    SparseInputStream(InputStream data, SparseMap map) {
        this.data = data;
        this.map = map;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (at == map.size()) {
            return -1;
        }
        while (segment < map.offsets().length && at == map.offsets()[segment] + map.lengths()[segment]) {
            segment++;
        }
        boolean last = segment == map.offsets().length;
        if (!last && at >= map.offsets()[segment]) {
            long left = map.offsets()[segment] + map.lengths()[segment] - at;
            int count = data.read(buffer, offset, (int) Math.min(left, length));
            at += Math.max(count, 0);
            return count;
        }
        long hole = (last ? map.size() : map.offsets()[segment]) - at;
        int count = (int) Math.min(hole, length);
        Arrays.fill(buffer, offset, offset + count, (byte) 0);
        at += count;
        return count;
    }
}
