package io.bivouac.engine.store;

import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Index;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * An OCI image layout being written beside its target. It appears whole, as a folder or, when the target ends in {@code .tar},
 * as one archive, or not at all.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md">image-spec, image layout</a>
 */
public final class LayoutDraft implements AutoCloseable {
    private static final String MARK = "{\"imageLayoutVersion\":\"1.0.0\"}";

    private final Store store;
    private final Path target;
    private final Path folder;
    private final Blobs blobs;
    private final List<Descriptor> manifests = new ArrayList<>();

    public LayoutDraft(Store store, Path target) throws IOException {
        this.store = store;
        this.target = target.toAbsolutePath().normalize();
        requireAbsent();
        Files.createDirectories(this.target.getParent());
        this.folder = AtomicFiles.aside(this.target);
        StoreLayout layout = new StoreLayout(folder);
        Files.createDirectories(layout.blobs());
        this.blobs = new Blobs(layout, new Reserve(folder, 0));
    }

    private void requireAbsent() throws IOException {
        if (Files.exists(target)) {
            throw new FileAlreadyExistsException(target + " exists already");
        }
    }

    /** Where blobs are put. */
    public Blobs blobs() {
        return blobs;
    }

    /** Copies a blob of the store, checking it on the way. */
    public void copy(Descriptor blob) throws IOException {
        try (InputStream in = store.blobs().open(blob.digest())) {
            blobs.add(blob, in);
        }
    }

    /** Names a manifest in the index; its blobs are there already. */
    public void add(Descriptor manifest) {
        manifests.add(manifest);
    }

    /** Gives the layout its name. */
    public void commit() throws IOException {
        requireAbsent();
        Files.writeString(folder.resolve(OciLayoutReader.MARK), MARK, StandardCharsets.US_ASCII);
        Files.write(folder.resolve("index.json"), Json.write(new Index(manifests).toJson()));
        if (target.getFileName().toString().endsWith(".tar")) {
            AtomicFiles.write(target, this::pack);
        } else if (!AtomicFiles.commitFolder(folder, target)) {
            throw new FileAlreadyExistsException(target + " exists already");
        }
    }

    private void pack(OutputStream out) throws IOException {
        BufferedOutputStream buffered = new BufferedOutputStream(out);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(buffered, StandardCharsets.UTF_8.name());
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                TarArchiveEntry entry =
                        new TarArchiveEntry(folder.relativize(file).toString());
                entry.setSize(Files.size(file));
                entry.setModTime(0L);
                tar.putArchiveEntry(entry);
                Files.copy(file, tar);
                tar.closeArchiveEntry();
            }
        }
        tar.finish();
        // The archive's own flush does not reach what lies below it.
        buffered.flush();
    }

    /** Removes what was not committed. */
    @Override
    public void close() throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
