/** Tests of this package. */
@NullMarked
package dev.lazuli.testimages.containerd;

import org.jspecify.annotations.NullMarked;
