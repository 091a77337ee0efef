@NullMarked
package io.bivouac.engine.warden;

import org.jspecify.annotations.NullMarked;
