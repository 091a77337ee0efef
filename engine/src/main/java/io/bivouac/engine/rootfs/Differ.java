package io.bivouac.engine.rootfs;

import io.bivouac.engine.Change;
import io.bivouac.engine.tree.Below;
import io.bivouac.engine.tree.EntryType;
import io.bivouac.engine.tree.TreeEntry;
import io.bivouac.engine.tree.TreeReader;
import io.bivouac.engine.warden.TreeConnection;
import io.bivouac.engine.warden.WardenClient;
import io.bivouac.engine.warden.WardenException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Compares a container's file system with its image. */
public final class Differ {
    private final OverlayStacks stacks;

    public Differ(OverlayStacks stacks) {
        this.stacks = stacks;
    }

    /** Every path that differs, in order. */
    public List<Change> diff(UpperDirectory upper, WardenClient warden) throws IOException, WardenException {
        List<Change> changes = new ArrayList<>();
        try (TreeConnection connection = warden.readTree(upper.readPlan(stacks, 0))) {
            try {
                TreeReader reader = connection.reader();
                for (Optional<TreeEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
                    change(entry.get()).ifPresent(changes::add);
                }
            } catch (IOException e) {
                throw connection.unwrap(e);
            }
            connection.finish();
        }
        changes.sort(Comparator.comparing(Change::path));
        return changes;
    }

    /**
     * An upper directory also holds folders that were only copied up to hold something: they are the same as below and did not
     * change. A file was copied up because somebody opened it for writing, so it counts.
     */
    private static Optional<Change> change(TreeEntry entry) {
        boolean untouched = entry.type() == EntryType.FOLDER && entry.below() == Below.SAME;
        if (untouched || entry.path().length == 0 || !UpperDirectory.isOwnWork(entry)) {
            return Optional.empty();
        }
        Change.Kind kind;
        if (entry.type() == EntryType.WHITEOUT) {
            kind = Change.Kind.DELETED;
        } else {
            kind = entry.below() == Below.ABSENT ? Change.Kind.ADDED : Change.Kind.MODIFIED;
        }
        return Optional.of(new Change(kind, "/" + entry.pathText()));
    }
}
