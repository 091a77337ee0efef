package io.bivouac.engine.capsule;

import io.bivouac.engine.Capsule;
import io.bivouac.engine.CapturedContainer;
import io.bivouac.engine.Failure;
import io.bivouac.engine.io.DigestingInputStream;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.Index;
import io.bivouac.engine.oci.Manifest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads capsules: image layouts whose index names one artifact of ours. */
public final class CapsuleReader {
    /** The annotation that names a log's container. */
    public static final String TITLE = "org.opencontainers.image.title";

    public static final String LOG_TYPE = "text/plain";
    public static final String LOG_SUFFIX = ".log";

    private static final int DOCUMENT_LIMIT = 16 << 20;
    private static final int LOG_LIMIT = 64 << 20;

    private CapsuleReader() {}

    /** Whether the folder looks like a capsule. */
    public static boolean isCapsule(Path folder) {
        try {
            return artifact(folder).isPresent();
        } catch (IOException | IllegalArgumentException e) {
            return false;
        }
    }

    private static Optional<Descriptor> artifact(Path folder) throws IOException {
        Path index = folder.resolve("index.json");
        if (!Files.isRegularFile(index) || Files.size(index) > Manifest.SIZE_LIMIT) {
            return Optional.empty();
        }
        for (Descriptor entry :
                Index.of(Json.parseObject(Files.readAllBytes(index))).manifests()) {
            Manifest manifest = Manifest.of(Json.parseObject(blob(folder, entry.digest(), Manifest.SIZE_LIMIT)));
            if (manifest.artifactType().equals(CapsuleDocument.MEDIA_TYPE)) {
                return Optional.of(entry);
            }
        }
        return Optional.empty();
    }

    /** Reads a capsule and checks the digest of every blob in it. */
    public static Capsule read(Path folder) throws IOException {
        try {
            Descriptor artifact =
                    artifact(folder).orElseThrow(() -> new IOException("it is no capsule: its index names none"));
            verify(folder);
            Manifest manifest = Manifest.of(Json.parseObject(blob(folder, artifact.digest(), Manifest.SIZE_LIMIT)));
            Map<String, String> logs = new HashMap<>();
            byte[] document = null;
            for (Descriptor layer : manifest.layers()) {
                if (layer.mediaType().equals(CapsuleDocument.MEDIA_TYPE)) {
                    document = blob(folder, layer.digest(), DOCUMENT_LIMIT);
                } else if (layer.mediaType().equals(LOG_TYPE)) {
                    String name = layer.annotations().getOrDefault(TITLE, "").replace(LOG_SUFFIX, "");
                    logs.put(name, new String(blob(folder, layer.digest(), LOG_LIMIT), StandardCharsets.UTF_8));
                }
            }
            if (document == null) {
                throw new IOException("it holds no document of type " + CapsuleDocument.MEDIA_TYPE);
            }
            CapsuleDocument parsed = CapsuleDocument.of(document, name -> logs.getOrDefault(name, ""));
            return new FolderCapsule(folder, size(folder), parsed);
        } catch (IllegalArgumentException e) {
            throw new IOException("it is damaged: " + e.getMessage(), e);
        }
    }

    private static byte[] blob(Path folder, Digest digest, int limit) throws IOException {
        try (InputStream in = Files.newInputStream(blobs(folder).resolve(digest.hex()))) {
            byte[] content = in.readNBytes(limit + 1);
            if (content.length > limit) {
                throw new IOException("blob " + digest + " is larger than the limit of " + limit + " bytes");
            }
            return content;
        }
    }

    private static Path blobs(Path folder) {
        return folder.resolve("blobs").resolve(Digest.ALGORITHM);
    }

    private static void verify(Path folder) throws IOException {
        try (Stream<Path> blobs = Files.list(blobs(folder))) {
            for (Path blob : blobs.toList()) {
                try (DigestingInputStream in = new DigestingInputStream(Files.newInputStream(blob))) {
                    in.drain();
                    Digest actual = in.digest();
                    if (!actual.hex().equals(blob.getFileName().toString())) {
                        throw new IOException(
                                "it is damaged: blob sha256:" + blob.getFileName() + " has the digest " + actual);
                    }
                }
            }
        }
    }

    private static long size(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            long size = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                size += Files.size(file);
            }
            return size;
        }
    }

    private record FolderCapsule(Path path, long size, CapsuleDocument document) implements Capsule {
        @Override
        public Instant created() {
            return document.created();
        }

        @Override
        public Failure failure() {
            return document.failure();
        }

        @Override
        public List<CapturedContainer> containers() {
            return document.containers();
        }
    }
}
