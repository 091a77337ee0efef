package io.bivouac.engine.warden;

import io.bivouac.engine.wire.WireWriter;
import java.util.List;

/**
 * A control group on the host.
 *
 * @param version of the hierarchy, 1 or 2
 * @param path absolute
 */
public record CgroupPath(int version, String path) {
    /** The group of this name below. */
    public CgroupPath child(String name) {
        return new CgroupPath(version, path + "/" + name);
    }

    void encode(WireWriter out) {
        out.put(version).putText(path);
    }

    static void encodeAll(WireWriter out, List<CgroupPath> paths) {
        out.putInt(paths.size());
        paths.forEach(path -> path.encode(out));
    }
}
