/** Health: what is checked, when, and what the results amount to. */
@NullMarked
package io.bivouac.engine.health;

import org.jspecify.annotations.NullMarked;
