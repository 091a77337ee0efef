@NullMarked
package io.bivouac.engine.seccomp;

import org.jspecify.annotations.NullMarked;
