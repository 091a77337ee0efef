package io.bivouac.engine.store;

import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.io.DigestingInputStream;
import io.bivouac.engine.io.DigestingOutputStream;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.MediaTypes;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Content named by its digest. A blob that can be seen was written whole and verified. */
public final class Blobs {
    private static final int BUFFER = 256 << 10;

    private final StoreLayout layout;
    private final Reserve reserve;

    Blobs(StoreLayout layout, Reserve reserve) {
        this.layout = layout;
        this.reserve = reserve;
    }

    public boolean has(Digest digest) {
        return Files.isRegularFile(layout.blob(digest));
    }

    public InputStream open(Digest digest) throws IOException {
        try {
            return Files.newInputStream(layout.blob(digest));
        } catch (NoSuchFileException e) {
            throw DamageException.ofMissingBlob(digest, e);
        }
    }

    /** Reads a small blob whole: a manifest or configuration. */
    public byte[] read(Digest digest, int limit) throws IOException {
        try (InputStream in = open(digest)) {
            byte[] content = in.readNBytes(limit + 1);
            if (content.length > limit) {
                throw new IOException("blob " + digest + " is larger than the limit of " + limit + " bytes");
            }
            return content;
        }
    }

    /** Stores content that must match the descriptor's digest and size; what does not leaves no trace. */
    public void add(Descriptor descriptor, InputStream content) throws IOException {
        if (has(descriptor.digest())) {
            return;
        }
        reserve.require(descriptor.size());
        Path target = layout.blob(descriptor.digest());
        Path aside = AtomicFiles.aside(target);
        try {
            DigestingInputStream digesting = new DigestingInputStream(content);
            try (OutputStream out =
                    Files.newOutputStream(aside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                copy(digesting, out, descriptor);
            }
            Digest actual = digesting.digest();
            if (!actual.equals(descriptor.digest())) {
                throw new IOException(
                        "blob " + descriptor.digest() + " is damaged: its content has the digest " + actual);
            }
            AtomicFiles.commit(aside, target);
        } finally {
            Files.deleteIfExists(aside);
        }
    }

    private static void copy(DigestingInputStream in, OutputStream out, Descriptor descriptor) throws IOException {
        byte[] buffer = new byte[BUFFER];
        for (int count; (count = in.read(buffer)) >= 0; ) {
            if (in.count() > descriptor.size()) {
                break;
            }
            out.write(buffer, 0, count);
        }
        if (in.count() != descriptor.size()) {
            throw new IOException("blob " + descriptor.digest() + " is damaged: it has "
                    + (in.count() > descriptor.size()
                            ? "more than " + descriptor.size()
                            : in.count() + " of " + descriptor.size())
                    + " bytes");
        }
    }

    public Descriptor add(String mediaType, byte[] content) throws IOException {
        return add(mediaType, out -> out.write(content));
    }

    /** Stores content as it is made, and tells its digest. */
    public Descriptor add(String mediaType, AtomicFiles.Content content) throws IOException {
        Path aside = AtomicFiles.aside(layout.blobs().resolve("any"));
        try {
            DigestingOutputStream digesting;
            try (OutputStream out =
                    Files.newOutputStream(aside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                digesting = new DigestingOutputStream(reserve.watching(out));
                BufferedOutputStream buffered = new BufferedOutputStream(digesting, BUFFER);
                content.writeTo(buffered);
                buffered.flush();
            }
            Descriptor descriptor = new Descriptor(mediaType, digesting.digest(), digesting.count());
            if (!has(descriptor.digest())) {
                AtomicFiles.commit(aside, layout.blob(descriptor.digest()));
            }
            return descriptor;
        } finally {
            Files.deleteIfExists(aside);
        }
    }

    /** Stores a manifest or configuration. */
    public Descriptor addJson(String mediaType, Object json) throws IOException {
        return add(mediaType.isEmpty() ? MediaTypes.EMPTY : mediaType, io.bivouac.engine.json.Json.write(json));
    }
}
