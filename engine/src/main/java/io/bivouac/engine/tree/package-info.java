/** Tree records, the form in which files cross the boundary of a user space. */
@NullMarked
package io.bivouac.engine.tree;

import org.jspecify.annotations.NullMarked;
