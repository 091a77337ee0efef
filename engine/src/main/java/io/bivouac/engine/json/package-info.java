/** The one place that knows the JSON library. */
@NullMarked
package io.bivouac.engine.json;

import org.jspecify.annotations.NullMarked;
