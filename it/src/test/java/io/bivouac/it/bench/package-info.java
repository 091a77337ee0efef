/** Benchmarks: each beside a floor or a peer measured in the same run. */
@NullMarked
package io.bivouac.it.bench;

import org.jspecify.annotations.NullMarked;
