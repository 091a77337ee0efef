/** Hosts of other kinds than this one, as virtual machines: what they run there, and what has to come of it. */
@NullMarked
package io.bivouac.it.machine;

import org.jspecify.annotations.NullMarked;
