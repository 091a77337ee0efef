package io.bivouac.engine.core;

import io.bivouac.engine.Container;
import io.bivouac.engine.Image;
import io.bivouac.engine.InternalException;
import io.bivouac.engine.Snapshot;
import io.bivouac.engine.store.StoredImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A record file in the session's folder. */
final class DefaultSnapshot implements Snapshot {
    private final EngineContext context;
    private final DefaultContainer container;
    private final StoredImage base;
    private final Path recordFile;
    private final boolean exact;

    DefaultSnapshot(
            EngineContext context, DefaultContainer container, StoredImage base, Path recordFile, boolean exact) {
        this.context = context;
        this.container = container;
        this.base = base;
        this.recordFile = recordFile;
        this.exact = exact;
    }

    @Override
    public Container container() {
        return container;
    }

    @Override
    public boolean exact() {
        return exact;
    }

    @Override
    public Image commit(String reference) {
        return Attempts.call(
                "Committing " + container.describe() + " as " + reference + " failed",
                () -> context.images.describe(
                        context.committer.commit(base, recordFile, DefaultImages.parse(reference))));
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(recordFile);
        } catch (IOException e) {
            throw new InternalException(
                    "The snapshot " + recordFile + " could not be removed: " + e.getMessage() + ".", e);
        }
    }
}
