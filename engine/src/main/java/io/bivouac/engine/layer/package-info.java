/** Image layers: tar archives read into tree records and written from them. */
@NullMarked
package io.bivouac.engine.layer;

import org.jspecify.annotations.NullMarked;
