package io.bivouac.engine.warden;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How ids inside a session relate to ids of the host, see user_namespaces(7).
 *
 * @param kind how the map is set up
 * @param uids ranges of user ids
 * @param gids ranges of group ids
 * @param remedy what to do for more ids, a sentence
 */
public record IdMapping(Kind kind, List<Range> uids, List<Range> gids, String remedy) {
    private static final long SUBORDINATE_LIMIT = 65536;

    /** Where the warden looks for newuidmap and newgidmap, see {@code mapping.c}. */
    private static final List<Path> HELPERS = List.of(Path.of("/usr/bin"), Path.of("/bin"), Path.of("/usr/local/bin"));

    /** How a map is set up; the codes are those of {@code enum id_mapping} in {@code request.h}. */
    public enum Kind {
        /** No user namespace: the session runs as root. */
        NONE(0),
        /** newuidmap(1) and newgidmap(1) map the user's subordinate ids. */
        HELPER(1),
        /** Only the user's own id is mapped. */
        SINGLE(2);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    /** Ids {@code inside} to {@code inside + count - 1} are {@code outside} and following on the host. */
    public record Range(long inside, long outside, long count) {}

    public IdMapping(Kind kind, List<Range> uids, List<Range> gids) {
        this(kind, uids, gids, Remedies.IDS);
    }

    public IdMapping {
        uids = List.copyOf(uids);
        gids = List.copyOf(gids);
    }

    /** The map of whoever runs this process. */
    public static IdMapping ofHost() throws IOException {
        Path self = Path.of("/proc/self");
        long uid = id(self, "unix:uid");
        Optional<String> obstacle = uid == 0 ? Optional.empty() : obstacle(self);
        return of(uid, id(self, "unix:gid"), System.getProperty("user.name", ""), Path.of("/etc"), obstacle);
    }

    private static long id(Path self, String attribute) throws IOException {
        return ((Number) Files.getAttribute(self, attribute)).longValue();
    }

    /** Why newuidmap(1) is of no use to this process, and what to do. */
    private static Optional<String> obstacle(Path self) throws IOException {
        if (!hasHelper()) {
            return Optional.of(Remedies.HELPERS);
        }
        // It changes ids as a setuid program does, or by capabilities of its file: neither is granted then.
        for (String line : Files.readAllLines(self.resolve("status"), StandardCharsets.ISO_8859_1)) {
            if (line.startsWith("NoNewPrivs:") && line.endsWith("1")) {
                return Optional.of(Remedies.NO_NEW_PRIVILEGES);
            }
        }
        return Optional.empty();
    }

    private static boolean hasHelper() {
        for (Path folder : HELPERS) {
            if (Files.isExecutable(folder.resolve("newuidmap"))) {
                return true;
            }
        }
        return false;
    }

    /**
     * The map of a user.
     *
     * @param etc the folder with {@code subuid} and {@code subgid}, see subuid(5)
     * @param obstacle why they are of no use
     */
    static IdMapping of(long uid, long gid, String userName, Path etc, Optional<String> obstacle) throws IOException {
        if (uid == 0) {
            return new IdMapping(Kind.NONE, List.of(), List.of());
        }
        Optional<Range> subordinateUids = subordinate(etc.resolve("subuid"), uid, userName);
        Optional<Range> subordinateGids = subordinate(etc.resolve("subgid"), uid, userName);
        Range ownUid = new Range(0, uid, 1);
        Range ownGid = new Range(0, gid, 1);
        if (subordinateUids.isEmpty() || subordinateGids.isEmpty() || obstacle.isPresent()) {
            boolean noneAreGiven = subordinateUids.isEmpty() || subordinateGids.isEmpty();
            return new IdMapping(
                    Kind.SINGLE,
                    List.of(ownUid),
                    List.of(ownGid),
                    noneAreGiven ? Remedies.IDS : obstacle.orElse(Remedies.IDS));
        }
        return new IdMapping(
                Kind.HELPER, List.of(ownUid, subordinateUids.get()), List.of(ownGid, subordinateGids.get()));
    }

    /** The first range of the user: {@code name-or-uid:first:count}. */
    private static Optional<Range> subordinate(Path file, long uid, String userName) throws IOException {
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
            String[] fields = line.strip().split(":", -1);
            boolean ours = fields.length == 3 && (fields[0].equals(userName) || fields[0].equals(Long.toString(uid)));
            if (ours && fields[1].matches("\\d{1,10}") && fields[2].matches("\\d{1,10}")) {
                long count = Math.min(Long.parseLong(fields[2]), SUBORDINATE_LIMIT);
                if (count > 0) {
                    return Optional.of(new Range(1, Long.parseLong(fields[1]), count));
                }
            }
        }
        return Optional.empty();
    }

    /** Whether the session runs in a user namespace. */
    public boolean rootless() {
        return kind != Kind.NONE;
    }

    /** Whether an id inside exists. */
    public boolean mapsUid(long id) {
        return !rootless()
                || uids.stream().anyMatch(range -> id >= range.inside() && id < range.inside() + range.count());
    }

    public boolean mapsGid(long id) {
        return !rootless()
                || gids.stream().anyMatch(range -> id >= range.inside() && id < range.inside() + range.count());
    }

    /**
     * A name for unpacked layers that have these owners: the same layer unpacked under another map has other owners on disk, and
     * in a user namespace overlay keeps its marks in other attributes.
     */
    public String layersName() {
        if (!rootless()) {
            return "root";
        }
        return "user" + names(uids) + names(gids);
    }

    private static String names(List<Range> ranges) {
        StringBuilder text = new StringBuilder();
        for (Range range : ranges) {
            text.append('-')
                    .append(range.inside())
                    .append('.')
                    .append(range.outside())
                    .append('.')
                    .append(range.count());
        }
        return text.toString();
    }
}
