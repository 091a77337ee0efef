@NullMarked
package io.bivouac.engine;

import org.jspecify.annotations.NullMarked;
