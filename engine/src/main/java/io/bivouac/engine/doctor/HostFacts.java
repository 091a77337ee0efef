package io.bivouac.engine.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What procfs tells of this process.
 *
 * @param user its name and number
 * @param effective its capabilities, as a set of bits, see capabilities(7)
 */
record HostFacts(String user, boolean root, long effective) {
    private static final int SYS_ADMIN = 21;
    private static final int HEXADECIMAL = 16;

    static HostFacts read() throws IOException {
        long uid = -1;
        long effective = 0;
        for (String line : Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1)) {
            String[] fields = line.split("\\s+", 3);
            if (fields[0].equals("Uid:")) {
                uid = Long.parseLong(fields[1]);
            } else if (fields[0].equals("CapEff:")) {
                effective = Long.parseUnsignedLong(fields[1], HEXADECIMAL);
            }
        }
        return new HostFacts(System.getProperty("user.name", "?") + " (" + uid + ")", uid == 0, effective);
    }

    boolean administers() {
        return (effective >>> SYS_ADMIN & 1) != 0;
    }
}
