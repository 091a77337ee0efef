/** A client of registries: finds manifests, brings blobs in, takes images out. Loaded only when a registry is needed. */
@NullMarked
package io.bivouac.engine.registry;

import org.jspecify.annotations.NullMarked;
