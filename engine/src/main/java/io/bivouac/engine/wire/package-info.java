/** The binary codec shared by requests to the warden and tree records. */
@NullMarked
package io.bivouac.engine.wire;

import org.jspecify.annotations.NullMarked;
