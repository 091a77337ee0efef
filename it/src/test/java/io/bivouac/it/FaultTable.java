package io.bivouac.it;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** The table of call sites that {@code faults.c} keeps, mapped by the warden's processes and by this one. */
final class FaultTable {
    private static final int SITES = 4096;
    private static final int DEPTH = 20;
    private static final int NAME = 24;
    private static final int HEADER = 32;
    private static final int SITE = 16 + NAME + DEPTH * Long.BYTES;

    private static final int ERROR = 8;
    private static final int LEFT = 12;
    private static final int FAILED = 16;
    private static final int LOST = 20;
    private static final int RELEASES = 24;

    private final MappedByteBuffer table;

    private FaultTable(MappedByteBuffer table) {
        this.table = table;
    }

    /**
     * A place in the warden that calls the C library.
     *
     * @param key names it as long as the program is the same
     * @param call the function, or the system call behind it
     * @param frames return addresses, the innermost first
     */
    record Site(long key, String call, List<Long> frames) {}

    /** Makes the table of a store, before an engine opens it. */
    static FaultTable create(Path store) throws IOException {
        Path file = Files.createDirectories(store.resolve("bin")).resolve("faults");
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MappedByteBuffer table = channel.map(FileChannel.MapMode.READ_WRITE, 0, HEADER + (long) SITES * SITE);
            table.order(ByteOrder.LITTLE_ENDIAN);
            return new FaultTable(table);
        }
    }

    /** Lets the next calls at this site fail. */
    void arm(Site site, int errno, int times) {
        table.putInt(ERROR, errno);
        table.putLong(0, site.key);
        table.putInt(LEFT, times);
    }

    /** Lets every call fail that gives something back. */
    void armReleases() {
        table.putInt(RELEASES, 1);
    }

    void disarm() {
        table.putInt(LEFT, 0);
        table.putInt(RELEASES, 0);
    }

    /** Whether a call has failed since the table was made. */
    boolean hasFailed() {
        return table.getInt(FAILED) > 0;
    }

    /** Every site that was reached. */
    List<Site> sites() {
        if (table.getInt(LOST) > 0) {
            throw new AssertionError("the table of call sites is too small");
        }
        List<Site> sites = new ArrayList<>();
        for (int at = HEADER; at < table.capacity(); at += SITE) {
            if (table.getLong(at) != 0) {
                sites.add(site(at));
            }
        }
        return sites;
    }

    private Site site(int at) {
        byte[] name = new byte[NAME];
        table.get(at + 16, name);
        List<Long> frames = new ArrayList<>();
        for (int i = 0; i < table.getInt(at + 12); i++) {
            frames.add(table.getLong(at + 16 + NAME + i * Long.BYTES));
        }
        String call = new String(name, StandardCharsets.US_ASCII);
        return new Site(table.getLong(at), call.substring(0, call.indexOf('\0')), frames);
    }
}
