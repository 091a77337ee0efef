@NullMarked
package io.bivouac.engine.health;

import org.jspecify.annotations.NullMarked;
