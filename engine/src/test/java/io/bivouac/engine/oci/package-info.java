@NullMarked
package io.bivouac.engine.oci;

import org.jspecify.annotations.NullMarked;
