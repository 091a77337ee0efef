@NullMarked
package io.bivouac.engine.layer;

import org.jspecify.annotations.NullMarked;
