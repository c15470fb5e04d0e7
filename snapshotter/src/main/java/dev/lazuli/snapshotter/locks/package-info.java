/** Locks that more than one part of the daemon uses. */
@NullMarked
package dev.lazuli.snapshotter.locks;

import org.jspecify.annotations.NullMarked;
