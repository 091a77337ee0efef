/**
 * The public API: start disposable Linux containers, look into them, keep or discard what they did.
 *
 * <p>Everything starts at {@link io.bivouac.engine.Engine#open()}. Specifications are immutable values, handles are live, and
 * every failure is a {@link io.bivouac.engine.BivouacException} whose subclass tells who can mend it.
 */
@NullMarked
package io.bivouac.engine;

import org.jspecify.annotations.NullMarked;
