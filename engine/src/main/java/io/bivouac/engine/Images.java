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
     * Loads every image of an OCI image layout (a folder, or a tar of one) or of a {@code docker save} archive, and tags it by
     * the names found there. Every digest is checked; nothing is visible until all is stored.
     */
    List<Image> load(Path archiveOrLayout);

    /**
     * Writes images as an OCI image layout: a folder, or, when the name ends in {@code .tar}, one archive. The target must not
     * exist.
     */
    void save(Path target, String... references);

    /** Gives an image one more name, which moves when it named another. */
    Image tag(String source, String target);

    /** Finds an image in the store; it does not look at {@code bivouac.images} or at a registry. */
    Optional<Image> find(String reference);

    List<Image> list();

    /** Removes a tag, or by id the image with all its tags; what no other image shares is deleted from the store. */
    void remove(String reference);
}
