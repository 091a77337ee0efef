package io.bivouac.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Which call sites are looked at.
 *
 * @param part of {@code parts}, among which the sites are distributed by their names
 * @param wanted what a site's description contains
 * @param without descriptions of sites that somebody else looks at
 */
record FaultSelection(int part, int parts, String wanted, Set<String> without) {
    /** {@code part/parts/wanted}, then a file of descriptions after a colon. */
    static FaultSelection parse(String text) throws IOException {
        String[] halves = text.split(":", 2);
        String[] fields = halves[0].split("/", 3);
        return new FaultSelection(
                Integer.parseInt(fields[0]),
                Integer.parseInt(fields[1]),
                fields[2],
                new HashSet<>(Files.readAllLines(Path.of(halves[1]))));
    }

    boolean includes(String site) {
        return site.contains(wanted) && !without.contains(site) && Math.floorMod(site.hashCode(), parts) == part;
    }
}
