@NullMarked
package io.bivouac.engine.store;

import org.jspecify.annotations.NullMarked;
