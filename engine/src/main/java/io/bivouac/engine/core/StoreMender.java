package io.bivouac.engine.core;

import io.bivouac.engine.Damage;
import io.bivouac.engine.Damage.Outcome;
import io.bivouac.engine.RegistryException.Kind;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.registry.RegistryFailure;
import io.bivouac.engine.store.Store;
import io.bivouac.engine.store.StoreCheck;
import io.bivouac.engine.store.StoreCheck.Lacking;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Checks a store, and brings in again what it lacks. An image that its registry has no more is better gone than half there. */
final class StoreMender {
    private final Store store;
    private final Optional<Fetching> fetching;

    /** Brings in the image of this digest. */
    @FunctionalInterface
    interface Fetching {
        void fetch(ImageReference reference) throws IOException;
    }

    /**
     * @param fetching empty when no registry is to be asked
     */
    StoreMender(Store store, Optional<Fetching> fetching) {
        this.store = store;
        this.fetching = fetching;
    }

    List<Damage> run() throws IOException {
        StoreCheck check = new StoreCheck(store);
        List<Damage> damages = new ArrayList<>();
        for (StoreCheck.Finding finding : check.run()) {
            damages.add(new Damage(
                    finding.object(),
                    finding.problem(),
                    finding.lost() ? Outcome.REMOVED : Outcome.MENDED,
                    finding.lost() ? "nothing else tells what was there" : "made anew from its blobs"));
        }
        for (String blob : check.others()) {
            damages.add(new Damage("a blob that no image needs here", blob, Outcome.REMOVED, "nothing is missing"));
        }
        for (Lacking image : check.lacking()) {
            damages.add(mend(image));
        }
        return damages;
    }

    private Damage mend(Lacking image) throws IOException {
        String object = image.names().isEmpty()
                ? "image " + image.manifest()
                : ImageReference.parse(image.names().get(0)).familiar();
        Optional<ImageReference> source = image.source();
        return source.isPresent()
                ? fetch(image, object, source.get())
                : remove(image, object, "it came from no registry; load or build it again");
    }

    private Damage fetch(Lacking image, String object, ImageReference source) throws IOException {
        String registry = source.registry();
        if (fetching.isEmpty()) {
            return remains(image, object, "bivouac.offline is set; verify again without, or remove the image");
        }
        try {
            fetching.get().fetch(new ImageReference(registry, source.repository(), null, image.manifest()));
            return new Damage(object, image.problem(), Outcome.MENDED, "downloaded anew from " + registry);
        } catch (RegistryFailure e) {
            String reason = String.valueOf(e.getMessage());
            return e.kind() == Kind.NOT_FOUND ? remove(image, object, reason) : remains(image, object, reason);
        }
    }

    private static Damage remains(Lacking image, String object, String remark) {
        return new Damage(object, image.problem(), Outcome.REMAINS, remark);
    }

    private Damage remove(Lacking image, String object, String remark) throws IOException {
        store.remove(image.manifest());
        return new Damage(object, image.problem(), Outcome.REMOVED, remark);
    }
}
