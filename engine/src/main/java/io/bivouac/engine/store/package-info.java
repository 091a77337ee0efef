/** The store on disk: blobs, unpacked layers, the index of images, archives in and out. */
@NullMarked
package io.bivouac.engine.store;

import org.jspecify.annotations.NullMarked;
