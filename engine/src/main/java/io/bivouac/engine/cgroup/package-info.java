/** Control groups: which hierarchy a container's groups lie in, and how they are frozen. */
@NullMarked
package io.bivouac.engine.cgroup;

import org.jspecify.annotations.NullMarked;
