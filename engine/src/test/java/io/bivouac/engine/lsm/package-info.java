/** Tests of labels for the security modules of the kernel: AppArmor and SELinux. */
@NullMarked
package io.bivouac.engine.lsm;

import org.jspecify.annotations.NullMarked;
