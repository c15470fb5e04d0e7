/** The containerd client behind {@code lazuli rpull}. */
@NullMarked
package dev.lazuli.snapshotter.containerd;

import org.jspecify.annotations.NullMarked;
