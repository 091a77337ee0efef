/** Zstandard, reading only: no library does so in plain Java without calls that newer JDKs warn of. */
@NullMarked
package io.bivouac.engine.zstd;

import org.jspecify.annotations.NullMarked;
