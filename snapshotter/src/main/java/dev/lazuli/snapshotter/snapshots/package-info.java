/** containerd's snapshots service: the snapshot tree, overlay mounts, restore. */
@NullMarked
package dev.lazuli.snapshotter.snapshots;

import org.jspecify.annotations.NullMarked;
