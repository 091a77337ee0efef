package io.bivouac.engine;

import org.apiguardian.api.API;

/**
 * Bytes of a store. What images share counts once.
 *
 * @param blobs of manifests, configurations and layers as they came in
 * @param unpacked of layers unpacked for containers, as far as this user may look at them
 * @param cutOff of downloads that wait for somebody to go on with them
 * @param free on the store's file system
 * @param reserve of those, what the store leaves free
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record StoreUsage(long blobs, long unpacked, long cutOff, long free, long reserve) {}
