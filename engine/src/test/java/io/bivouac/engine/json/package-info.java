@NullMarked
package io.bivouac.engine.json;

import org.jspecify.annotations.NullMarked;
