/** Files that appear whole or not at all, streams that digest and bound what passes, locks between processes. */
@NullMarked
package io.bivouac.engine.io;

import org.jspecify.annotations.NullMarked;
