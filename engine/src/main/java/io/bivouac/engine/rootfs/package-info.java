/** Root file systems: layers unpacked, stacked, compared and committed. */
@NullMarked
package io.bivouac.engine.rootfs;

import org.jspecify.annotations.NullMarked;
