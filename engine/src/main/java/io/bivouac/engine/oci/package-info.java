/** Values of the OCI specifications (image-spec 1.1, distribution-spec 1.1). Immutable, valid once they exist, free of input and output. */
@NullMarked
package io.bivouac.engine.oci;

import org.jspecify.annotations.NullMarked;
