/** Finds out what a host allows, and what mends it. */
@NullMarked
package io.bivouac.engine.doctor;

import org.jspecify.annotations.NullMarked;
