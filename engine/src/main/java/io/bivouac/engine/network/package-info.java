/** Addresses and published ports of containers. */
@NullMarked
package io.bivouac.engine.network;

import org.jspecify.annotations.NullMarked;
