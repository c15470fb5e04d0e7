/** Images of every kind, most of them converted by nobody. */
@NullMarked
package dev.lazuli.snapshotter.e2e.images;

import org.jspecify.annotations.NullMarked;
