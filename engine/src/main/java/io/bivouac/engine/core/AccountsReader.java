package io.bivouac.engine.core;

import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.store.LayerFolders;
import io.bivouac.engine.store.StoredImage;
import io.bivouac.engine.tree.EntryType;
import io.bivouac.engine.tree.TreeEntry;
import io.bivouac.engine.tree.TreeReader;
import io.bivouac.engine.warden.Errno;
import io.bivouac.engine.warden.TreeConnection;
import io.bivouac.engine.warden.TreePlan;
import io.bivouac.engine.warden.WardenClient;
import io.bivouac.engine.warden.WardenException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Reads {@code /etc/passwd} and {@code /etc/group} through the warden, which follows links only within the tree: they are files
 * of a stranger.
 */
final class AccountsReader {
    private static final String PASSWD = "/etc/passwd";
    private static final String GROUP = "/etc/group";
    private static final int LIMIT = 1 << 20;
    private static final Set<Integer> ABSENT = Set.of(Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP);

    private final LayerFolders folders;
    private final Map<Digest, Accounts> known = new ConcurrentHashMap<>();

    AccountsReader(LayerFolders folders) {
        this.folders = folders;
    }

    /** The accounts of an image whose layers are unpacked. */
    Accounts ofImage(StoredImage image, WardenClient warden) throws IOException, WardenException {
        Accounts accounts = known.get(image.descriptor().digest());
        if (accounts == null) {
            accounts = Accounts.parse(ofLayers(image, PASSWD, warden), ofLayers(image, GROUP, warden));
            known.put(image.descriptor().digest(), accounts);
        }
        return accounts;
    }

    private byte[] ofLayers(StoredImage image, String path, WardenClient warden) throws IOException, WardenException {
        List<Digest> chain = image.chain();
        for (int i = chain.size() - 1; i >= 0; i--) {
            TreePlan plan = TreePlan.ofFolder(folders.layer(chain.get(i)), TreePlan.CONTENT)
                    .withPath(path);
            Optional<byte[]> content = read(plan, warden);
            if (content.isPresent()) {
                return content.get();
            }
        }
        return new byte[0];
    }

    /** The accounts as a container has them now. */
    static Accounts ofContainer(String id, WardenClient warden) throws IOException, WardenException {
        byte[] passwd =
                read(TreePlan.ofContainer(id, PASSWD, TreePlan.CONTENT), warden).orElse(new byte[0]);
        byte[] group =
                read(TreePlan.ofContainer(id, GROUP, TreePlan.CONTENT), warden).orElse(new byte[0]);
        return Accounts.parse(passwd, group);
    }

    /** The content of a regular file of reasonable size. */
    private static Optional<byte[]> read(TreePlan plan, WardenClient warden) throws IOException, WardenException {
        try (TreeConnection connection = warden.readTree(plan)) {
            try {
                TreeReader reader = connection.reader();
                Optional<TreeEntry> entry = reader.next();
                boolean readable = entry.isPresent()
                        && entry.get().type() == EntryType.FILE
                        && entry.get().size() <= LIMIT;
                return readable ? Optional.of(reader.content().readAllBytes()) : Optional.empty();
            } catch (IOException e) {
                throw connection.unwrap(e);
            }
        } catch (WardenException e) {
            if (ABSENT.contains(e.failure().errno()) || e.failure().errno() == Errno.EINVAL) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
