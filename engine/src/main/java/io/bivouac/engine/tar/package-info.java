/** Tar archives as bytes: names, links and attributes are never decoded, and whatever an archive says is checked. */
@NullMarked
package io.bivouac.engine.tar;

import org.jspecify.annotations.NullMarked;
