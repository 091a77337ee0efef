@NullMarked
package io.bivouac.engine.tar;

import org.jspecify.annotations.NullMarked;
