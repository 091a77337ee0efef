package io.bivouac.engine.store;

import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Descriptor;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Images that sessions run containers of. A pin lies in the session's folder and goes with it, however the session ends. */
final class Pins {
    private final StoreLayout layout;
    private final ImageIndex index;

    Pins(StoreLayout layout, ImageIndex index) {
        this.layout = layout;
        this.index = index;
    }

    void add(String sessionId, StoredImage image) throws IOException {
        Path folder = layout.pins(sessionId);
        Path file = folder.resolve(image.descriptor().digest().hex());
        if (!Files.exists(file)) {
            makeFolder(folder);
            AtomicFiles.writeVolatile(file, Json.write(image.descriptor().toJson()));
            index.touch(image);
        }
    }

    /** Never that of the session itself: one that has ended, and was removed, must not come back. */
    private static void makeFolder(Path folder) throws IOException {
        try {
            Files.createDirectory(folder);
        } catch (FileAlreadyExistsException e) {
            // Another thread's.
        }
    }

    void remove(String sessionId) throws IOException {
        for (Path pin : children(layout.pins(sessionId))) {
            Files.deleteIfExists(pin);
        }
    }

    List<StoredImage> list() throws IOException {
        List<StoredImage> images = new ArrayList<>();
        for (Path session : children(layout.sessions())) {
            for (Path pin : children(layout.pins(String.valueOf(session.getFileName())))) {
                read(pin).ifPresent(images::add);
            }
        }
        return images;
    }

    private Optional<StoredImage> read(Path pin) throws IOException {
        try {
            return Optional.of(index.parse(Descriptor.of(Json.parseObject(Files.readAllBytes(pin)))));
        } catch (NoSuchFileException | IllegalArgumentException e) {
            // The session has ended meanwhile, or what lies there is no pin.
            return Optional.empty();
        }
    }

    private static List<Path> children(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        }
    }
}
