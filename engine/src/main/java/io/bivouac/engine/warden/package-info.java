/** Launch plans, the processes that carry them out, and what they report. */
@NullMarked
package io.bivouac.engine.warden;

import org.jspecify.annotations.NullMarked;
