package io.bivouac.engine.core;

import io.bivouac.engine.Image;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.store.StoredImage;
import java.util.List;

/**
 * An image as it was when it was looked up.
 *
 * @param stored its blobs
 * @param references the names that led to it then
 */
record DefaultImage(StoredImage stored, List<String> references) implements Image {
    static DefaultImage of(StoredImage stored, List<String> canonicalNames) {
        return new DefaultImage(
                stored,
                canonicalNames.stream()
                        .map(name -> ImageReference.parse(name).familiar())
                        .toList());
    }

    @Override
    public String id() {
        return stored.id().toString();
    }

    @Override
    public Digest digest() {
        return stored.descriptor().digest();
    }

    @Override
    public ImageConfig config() {
        return stored.config();
    }

    @Override
    public long size() {
        return stored.size();
    }

    @Override
    public String toString() {
        return (references.isEmpty() ? "image" : references.get(0)) + " ("
                + stored.id().shortHex() + ")";
    }
}
