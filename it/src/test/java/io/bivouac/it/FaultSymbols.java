package io.bivouac.it;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Names of the functions that call sites lie in. */
final class FaultSymbols {
    /** A helper, its caller, and where that calls it from. */
    private static final int INNER = 2;

    private final Path program;
    private final Map<Long, String> functions = new HashMap<>();

    /**
     * @param program with debug information
     */
    FaultSymbols(Path program) {
        this.program = program;
    }

    /** Looks up all that is not known yet, with one run of addr2line(1). */
    void load(Collection<FaultTable.Site> sites) throws IOException, InterruptedException {
        List<Long> addresses = sites.stream()
                .flatMap(site -> site.frames().stream())
                .distinct()
                .filter(address -> !functions.containsKey(address))
                .toList();
        if (addresses.isEmpty()) {
            return;
        }
        List<String> command = new ArrayList<>(List.of("addr2line", "--functions", "--exe", program.toString()));
        // A return address is that of the next instruction, which may belong to another function.
        addresses.forEach(address -> command.add("0x" + Long.toHexString(address - 1)));
        String[] lines = Commands.run(command).output().split("\n", -1);
        for (int i = 0; i < addresses.size(); i++) {
            functions.put(addresses.get(i), lines[2 * i]);
        }
    }

    /** {@code mkdirat in make_component < make_folder < …}, the innermost function first, each once: recursion is left out. */
    String describe(FaultTable.Site site) {
        Set<String> names = new LinkedHashSet<>();
        site.frames().forEach(address -> names.add(functions.getOrDefault(address, "?")));
        return site.call() + " in " + String.join(" < ", names);
    }

    /** The same for sites that differ in the depth of a recursion only. */
    String identify(FaultTable.Site site) {
        List<Long> inner =
                site.frames().subList(0, Math.min(INNER, site.frames().size()));
        return describe(site) + " at " + inner;
    }
}
