/** Maven goals: containers around integration tests, images, and the replay of captured failures. */
@NullMarked
package io.bivouac.maven;

import org.jspecify.annotations.NullMarked;
