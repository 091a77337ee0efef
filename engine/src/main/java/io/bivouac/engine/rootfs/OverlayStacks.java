package io.bivouac.engine.rootfs;

import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.store.LayerFolders;
import io.bivouac.engine.store.StoreLayout;
import io.bivouac.engine.warden.LaunchPlan;
import io.bivouac.engine.warden.TreePlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Options of the overlays that containers run on.
 *
 * @see <a href="https://docs.kernel.org/filesystems/overlayfs.html">overlayfs</a>
 */
public final class OverlayStacks {
    /**
     * {@code metacopy=off, redirect_dir=nofollow}: a layer must not lead to files of another by attributes it carries.
     * {@code volatile}: nothing is synced, since nothing survives a crash of the host anyway; a database's first start takes half
     * the time.
     */
    private static final String OPTIONS = "metacopy=off,redirect_dir=nofollow,index=off,volatile";

    private final LayerFolders folders;
    private final Scaffold scaffold;
    private final boolean rootless;

    /**
     * @param rootless in a user namespace overlay keeps its marks in {@code user.overlay.*}
     */
    public OverlayStacks(LayerFolders folders, boolean rootless) {
        this.folders = folders;
        this.scaffold = new Scaffold(folders);
        this.rootless = rootless;
    }

    /**
     * The root of a container on these layers, the lowest first.
     *
     * @param context the label of all its files, where SELinux is active
     */
    public LaunchPlan.Root root(List<Digest> chain, String containerFolder, Optional<String> context)
            throws IOException {
        List<String> names = names(chain);
        names.add(scaffold.layer());
        String upper = "/session/" + containerFolder + "/upper";
        String work = "/session/" + containerFolder + "/work";
        String options = lower(names) + ",upperdir=" + upper + ",workdir=" + work + "," + OPTIONS + userXattr()
                // Quoted: it has commas.
                + context.map(label -> ",context=\"" + label + "\"").orElse("");
        return new LaunchPlan.Root(containerFolder, folders.mapping(), options, names.get(0));
    }

    /** The plan with these layers below. */
    public TreePlan withBelow(TreePlan plan, List<Digest> chain) {
        List<String> names = names(chain);
        return switch (names.size()) {
            case 0 -> plan;
            case 1 -> plan.withBelow(folders.mapping(), names.get(0));
            default -> plan.withBelow(folders.mapping(), lower(names) + userXattr());
        };
    }

    /** The highest first, as overlay wants them. */
    private static List<String> names(List<Digest> chain) {
        List<String> names =
                new ArrayList<>(chain.stream().map(StoreLayout::layerName).toList());
        Collections.reverse(names);
        return names;
    }

    private static String lower(List<String> names) {
        return "lowerdir=" + String.join(":", names);
    }

    private String userXattr() {
        return rootless ? ",userxattr" : "";
    }

    /** The flags of tree requests on layers and upper directories. */
    public int treeFlags() {
        return rootless ? TreePlan.USER_XATTRS : 0;
    }

    /** In a user namespace the kernel makes no devices. */
    public boolean makesDevices() {
        return !rootless;
    }
}
