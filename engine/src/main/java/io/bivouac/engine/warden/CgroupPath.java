package io.bivouac.engine.warden;

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
}
