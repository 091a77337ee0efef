@NullMarked
package io.bivouac.engine.cgroup;

import org.jspecify.annotations.NullMarked;
