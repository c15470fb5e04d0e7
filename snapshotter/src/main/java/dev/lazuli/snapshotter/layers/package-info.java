/** A layer's life: resolve, index, mount, fetch, complete, evict. */
@NullMarked
package dev.lazuli.snapshotter.layers;

import org.jspecify.annotations.NullMarked;
