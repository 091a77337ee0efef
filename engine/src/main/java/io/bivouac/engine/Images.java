package io.bivouac.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apiguardian.api.API;

/**
 * The images of a store. Shared by every engine on it, in this and in other processes.
 *
 * <p>A reference is a tag, a tag with a digest, a digest, or an image's id; as users write it, so {@code postgres:15} is
 * {@code docker.io/library/postgres:15}.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public interface Images {
    /**
     * Brings an image in from its registry, for this host's platform, and tags it by the reference, whatever the store has by that
     * name. Every digest is checked; what the store has already is not downloaded again, and what was cut off is gone on with.
     */
    Image pull(String reference);

    /**
     * Takes an image of the store to the registry that the reference names, under that name. Its manifest arrives byte for byte, so
     * its digest is the same there. What was loaded for several platforms is pushed for all of them; of what was pulled for this
     * host's alone, the others are pushed with it where the registry has them already.
     */
    void push(String reference);

    /**
     * Loads every image of an OCI image layout (a folder, or a tar of one) or of a {@code docker save} archive, and tags it by
     * the names found there. Every digest is checked; nothing is visible until all is stored.
     */
    List<Image> load(Path archiveOrLayout);

    /**
     * Makes an image of a tar that holds a whole user space, plain or gzipped, as {@code docker export} and mmdebstrap write it.
     * The archive becomes the one layer; the image names no command.
     */
    Image importRootfs(Path archive, String reference);

    /**
     * Writes images for others, as the target's name says: a folder is an OCI image layout; {@code .tar}, {@code .tar.gz} and
     * {@code .tgz} are that too, and at the same time what {@code docker load} reads. Manifests are written byte for byte, those of
     * other platforms with them where all are in the store. The target must not exist.
     */
    void save(Path target, String... references);

    /** Gives an image one more name, which moves when it named another. */
    Image tag(String source, String target);

    /** Finds an image in the store; it does not look at {@code bivouac.images} or at a registry. */
    Optional<Image> find(String reference);

    List<Image> list();

    /** Removes a tag, or by id the image with all its tags; what no other image shares is deleted from the store. */
    void remove(String reference);

    /** Removes images by rule, and all that no image needs. */
    Pruning.Result prune(Pruning pruning);

    /**
     * Reads the whole store again and checks every digest. What is damaged is mended from what remains or downloaded anew; an image
     * that cannot be had again is removed; one whose registry cannot be asked remains. Empty when all was in order.
     */
    List<Damage> verify();

    /** How large the store is; looks at every file of unpacked layers. */
    StoreUsage usage();
}
