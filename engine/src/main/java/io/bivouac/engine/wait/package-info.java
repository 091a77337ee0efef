/** Readiness: log lines, listening ports, commands and exits. */
@NullMarked
package io.bivouac.engine.wait;

import org.jspecify.annotations.NullMarked;
