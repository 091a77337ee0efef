@NullMarked
package io.bivouac.engine.core;

import org.jspecify.annotations.NullMarked;
