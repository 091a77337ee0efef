@NullMarked
package io.bivouac.engine.registry;

import org.jspecify.annotations.NullMarked;
