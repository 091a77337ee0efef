package io.bivouac.engine.oci;

import org.apiguardian.api.API;

/**
 * Media types of images, in the words of the OCI and of Docker's older schema 2.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/media-types.md">image-spec, media types</a>
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public final class MediaTypes {
    public static final String INDEX = "application/vnd.oci.image.index.v1+json";
    public static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    public static final String CONFIG = "application/vnd.oci.image.config.v1+json";
    public static final String LAYER_TAR = "application/vnd.oci.image.layer.v1.tar";
    public static final String LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
    public static final String LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";
    public static final String EMPTY = "application/vnd.oci.empty.v1+json";
    public static final String DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json";
    public static final String DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
    public static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
    public static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";
    public static final String DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    private MediaTypes() {}

    public static boolean isIndex(String mediaType) {
        return mediaType.equals(INDEX) || mediaType.equals(DOCKER_INDEX);
    }

    public static boolean isManifest(String mediaType) {
        return mediaType.equals(MANIFEST) || mediaType.equals(DOCKER_MANIFEST);
    }

    public static boolean isImageConfig(String mediaType) {
        return mediaType.equals(CONFIG) || mediaType.equals(DOCKER_CONFIG);
    }
}
