@NullMarked
package io.bivouac.engine.capsule;

import org.jspecify.annotations.NullMarked;
