/** Tests on real kernels, real servers and real clients. */
@NullMarked
package io.bivouac.it;

import org.jspecify.annotations.NullMarked;
