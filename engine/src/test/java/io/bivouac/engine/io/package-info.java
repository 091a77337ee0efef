@NullMarked
package io.bivouac.engine.io;

import org.jspecify.annotations.NullMarked;
