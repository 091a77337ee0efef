/** Capsules: committed images and the facts about a failure, written and read. */
@NullMarked
package io.bivouac.engine.capsule;

import org.jspecify.annotations.NullMarked;
