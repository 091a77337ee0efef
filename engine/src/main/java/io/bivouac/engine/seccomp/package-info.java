/** Seccomp filters as programs of the classic BPF machine. */
@NullMarked
package io.bivouac.engine.seccomp;

import org.jspecify.annotations.NullMarked;
