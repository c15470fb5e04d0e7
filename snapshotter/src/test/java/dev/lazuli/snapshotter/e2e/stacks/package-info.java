/** Random stacks of layers, unpacked by containerd and mounted by us, compared entry by entry. */
@NullMarked
package dev.lazuli.snapshotter.e2e.stacks;

import org.jspecify.annotations.NullMarked;
