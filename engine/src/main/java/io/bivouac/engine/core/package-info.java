/** The engine itself: wiring and life cycles. */
@NullMarked
package io.bivouac.engine.core;

import org.jspecify.annotations.NullMarked;
