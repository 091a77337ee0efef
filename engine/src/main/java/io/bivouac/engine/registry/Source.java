package io.bivouac.engine.registry;

import io.bivouac.engine.RegistryException.Kind;
import io.bivouac.engine.io.PartialFile;
import io.bivouac.engine.oci.Descriptor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** The sites that an image may be had from, the one that has given its manifest first. */
public final class Source {
    private final List<Endpoint> endpoints;

    private Source(List<Endpoint> endpoints) {
        this.endpoints = List.copyOf(endpoints);
    }

    /** All of them, one in front. */
    static Source of(Endpoint first, List<Endpoint> all) {
        List<Endpoint> ordered = new ArrayList<>(List.of(first));
        all.stream().filter(each -> each != first).forEach(ordered::add);
        return new Source(ordered);
    }

    /** Fills the file from the first that can. */
    void download(Descriptor blob, PartialFile file, LongConsumer progress) throws IOException {
        RegistryFailure first = null;
        for (Endpoint endpoint : endpoints) {
            try {
                new BlobDownload(endpoint, blob, file, progress).run();
                return;
            } catch (RegistryFailure e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        throw first == null ? new RegistryFailure(Kind.FAILED, "no registry is known for " + blob.digest()) : first;
    }
}
