@NullMarked
package io.bivouac.engine.zstd;

import org.jspecify.annotations.NullMarked;
