package io.bivouac.engine.store;

import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.Index;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.engine.oci.MediaTypes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What an index of the store leads to: manifests of other platforms are there when they were loaded with it, and are not when
 * this host's was pulled alone.
 */
public final class ImageTree {
    private static final int NESTING_LIMIT = 4;

    private final Blobs blobs;

    ImageTree(Blobs blobs) {
        this.blobs = blobs;
    }

    /**
     * A manifest or an index.
     *
     * @param descriptor of its document
     * @param content its bytes
     * @param blobs what a manifest needs beside itself
     * @param children what an index lists
     */
    public record Node(Descriptor descriptor, byte[] content, List<Descriptor> blobs, List<Node> children) {
        public Node {
            blobs = List.copyOf(blobs);
            children = List.copyOf(children);
        }

        /** Every blob of it and below it, its own document first. */
        public List<Descriptor> all() {
            List<Descriptor> all = new ArrayList<>(List.of(descriptor));
            all.addAll(blobs);
            children.forEach(child -> all.addAll(child.all()));
            return all;
        }
    }

    /** What the store has of it: children that lack something are left out. */
    public Node read(Descriptor descriptor) throws IOException {
        return read(descriptor, 0);
    }

    private Node read(Descriptor descriptor, int nesting) throws IOException {
        byte[] content = blobs.read(descriptor.digest(), Manifest.SIZE_LIMIT);
        try {
            Map<String, ?> json = Json.parseObject(content);
            if (!MediaTypes.isIndex(descriptor.mediaType())) {
                Manifest manifest = Manifest.of(json);
                List<Descriptor> needed = new ArrayList<>(List.of(manifest.config()));
                needed.addAll(manifest.layers());
                return new Node(descriptor, content, needed, List.of());
            }
            List<Node> children = new ArrayList<>();
            for (Descriptor child : Index.of(json).manifests()) {
                if (nesting < NESTING_LIMIT && blobs.has(child.digest())) {
                    Node node = read(child, nesting + 1);
                    if (node.blobs().stream().allMatch(blob -> blobs.has(blob.digest()))) {
                        children.add(node);
                    }
                }
            }
            return new Node(descriptor, content, List.of(), children);
        } catch (IllegalArgumentException e) {
            throw new IOException("the blob " + descriptor.digest() + " is malformed: " + e.getMessage(), e);
        }
    }

    /** Manifests that an index or one below it lists, and that are not there whole. */
    public List<Digest> missing(Node index) {
        Set<Digest> there = new HashSet<>();
        List<Digest> missing = new ArrayList<>();
        for (Node child : index.children()) {
            there.add(child.descriptor().digest());
            missing.addAll(missing(child));
        }
        if (MediaTypes.isIndex(index.descriptor().mediaType())) {
            Index.of(Json.parseObject(index.content())).manifests().stream()
                    .map(Descriptor::digest)
                    .filter(digest -> !there.contains(digest))
                    .forEach(missing::add);
        }
        return missing;
    }
}
