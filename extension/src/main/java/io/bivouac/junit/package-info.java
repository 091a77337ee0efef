/**
 * Containers in JUnit tests: annotate a field or parameter, and a container is there when the test runs, discarded when it
 * passed, carried away as a capsule when it failed.
 */
@NullMarked
package io.bivouac.junit;

import org.jspecify.annotations.NullMarked;
