package io.bivouac.engine.core;

import io.bivouac.engine.InternalException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Records that are made in parallel, of which all are wanted or none. Usable from any thread. */
final class RecordFiles {
    private final List<Path> files = new ArrayList<>();
    private boolean deleted;

    /** Keeps a file, unless the others were deleted already: then it goes too. */
    synchronized Path keep(Path file) {
        if (deleted) {
            delete(file);
        } else {
            files.add(file);
        }
        return file;
    }

    /** Also those that are still to come. */
    synchronized void deleteAll() {
        deleted = true;
        files.forEach(RecordFiles::delete);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new InternalException("The record " + file + " could not be removed.", e);
        }
    }
}
