package io.bivouac.engine.core;

import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.json.Json;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
        Optional<Accounts> remembered = remembered(image);
        if (remembered.isPresent()) {
            return remembered.get();
        }
        String passwd = ofLayers(image, PASSWD, warden);
        String group = ofLayers(image, GROUP, warden);
        Optional<Path> file = file(image);
        if (file.isPresent()) {
            byte[] texts = Json.write(Map.of(PASSWD, passwd, GROUP, group));
            folders.bringIn(() -> {
                AtomicFiles.write(file.get(), texts);
                return file;
            });
        }
        return remember(image, passwd, group);
    }

    /** The accounts of an image if some start has asked for them: those of an earlier session are kept beside the layers. */
    Optional<Accounts> remembered(StoredImage image) throws IOException {
        Accounts accounts = known.get(image.descriptor().digest());
        Optional<Path> file = file(image);
        if (accounts != null || file.isEmpty()) {
            return Optional.ofNullable(accounts);
        }
        try {
            Map<String, ?> texts = Json.parseObject(Files.readAllBytes(file.get()));
            return Optional.of(remember(image, text(texts, PASSWD), text(texts, GROUP)));
        } catch (NoSuchFileException | IllegalArgumentException e) {
            // Nobody has asked yet, or what is there is damaged: it is made anew.
            return Optional.empty();
        }
    }

    private static String text(Map<String, ?> texts, String name) {
        if (texts.get(name) instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException(name + " is missing");
    }

    private Accounts remember(StoredImage image, String passwd, String group) {
        Accounts accounts = Accounts.parse(passwd, group);
        known.put(image.descriptor().digest(), accounts);
        return accounts;
    }

    /** Empty for an image without layers, which has no accounts either. */
    private Optional<Path> file(StoredImage image) {
        List<Digest> chain = image.chain();
        return chain.isEmpty() ? Optional.empty() : Optional.of(folders.accountsFile(chain.get(chain.size() - 1)));
    }

    private String ofLayers(StoredImage image, String path, WardenClient warden) throws IOException, WardenException {
        List<Digest> chain = image.chain();
        for (int i = chain.size() - 1; i >= 0; i--) {
            TreePlan plan = TreePlan.ofFolder(folders.layer(chain.get(i)), TreePlan.CONTENT)
                    .withPath(path);
            Optional<String> content = read(plan, warden);
            if (content.isPresent()) {
                return content.get();
            }
        }
        return "";
    }

    /** The accounts as a container has them now. */
    static Accounts ofContainer(String id, WardenClient warden) throws IOException, WardenException {
        String passwd =
                read(TreePlan.ofContainer(id, PASSWD, TreePlan.CONTENT), warden).orElse("");
        String group =
                read(TreePlan.ofContainer(id, GROUP, TreePlan.CONTENT), warden).orElse("");
        return Accounts.parse(passwd, group);
    }

    /** The content of a regular file of reasonable size. */
    private static Optional<String> read(TreePlan plan, WardenClient warden) throws IOException, WardenException {
        try (TreeConnection connection = warden.readTree(plan)) {
            try {
                TreeReader reader = connection.reader();
                Optional<TreeEntry> entry = reader.next();
                boolean readable = entry.isPresent()
                        && entry.get().type() == EntryType.FILE
                        && entry.get().size() <= LIMIT;
                return readable
                        ? Optional.of(new String(reader.content().readAllBytes(), StandardCharsets.UTF_8))
                        : Optional.empty();
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
