/**
 * A pull that no client asked for, of a layer that does not exist, so that the first real one finds
 * its code loaded and compiled.
 */
@NullMarked
package dev.lazuli.snapshotter.rehearsal;

import org.jspecify.annotations.NullMarked;
