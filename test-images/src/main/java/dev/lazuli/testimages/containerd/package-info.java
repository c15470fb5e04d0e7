/** A private containerd and registry for end-to-end tests. */
@NullMarked
package dev.lazuli.testimages.containerd;

import org.jspecify.annotations.NullMarked;
