package io.bivouac.engine.store;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Space on the store's file system that stays free: a disk that is full to the last byte breaks what has nothing to do with us.
 */
final class Reserve {
    private static final long STANDARD = 1L << 30;
    private static final long STANDARD_FRACTION = 20;
    private static final long STEP = 16 << 20;

    private final Path root;
    private final long given;

    /**
     * @param given bytes; negative for the standard, the smaller of 1 GiB and a twentieth of the file system
     */
    Reserve(Path root, long given) {
        this.root = root;
        this.given = given;
    }

    /** Says no before anything is written that would not fit. */
    void require(long bytes) throws IOException {
        long free = root.toFile().getUsableSpace();
        long kept = bytes();
        if (free - bytes < kept) {
            throw new SpaceException("the file system of the store " + root + " has " + size(free) + " free; "
                    + (bytes == 0 ? "" : size(bytes) + " are needed, and ") + size(kept)
                    + " are kept in reserve. Free space with mvn bivouac:prune, move the store with"
                    + " -Dbivouac.store=FOLDER, or keep less with -Dbivouac.store.reserve=SIZE");
        }
    }

    /** Of what is written as it is made, nobody knows the size before: asks again every now and then. */
    OutputStream watching(OutputStream out) throws IOException {
        Watch watch = new Watch();
        return new FilterOutputStream(out) {
            @Override
            public void write(int value) throws IOException {
                watch.count(1);
                out.write(value);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                watch.count(length);
                out.write(bytes, offset, length);
            }
        };
    }

    /** The same for what is read to be written. */
    InputStream watching(InputStream in) throws IOException {
        Watch watch = new Watch();
        return new FilterInputStream(in) {
            @Override
            public int read() throws IOException {
                int value = in.read();
                watch.count(value < 0 ? 0 : 1);
                return value;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                int count = in.read(bytes, offset, length);
                watch.count(Math.max(count, 0));
                return count;
            }
        };
    }

    private final class Watch {
        private long unasked;

        private Watch() throws IOException {
            require(0);
        }

        private void count(int bytes) throws IOException {
            unasked += bytes;
            if (unasked >= STEP) {
                require(unasked);
                unasked = 0;
            }
        }
    }

    long bytes() {
        return given >= 0 ? given : Math.min(STANDARD, root.toFile().getTotalSpace() / STANDARD_FRACTION);
    }

    private static String size(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}
