/**
 * A layer's life on this node: resolved at its registry, indexed once, mounted, filled chunk by
 * chunk, complete, and gone with its last snapshot. Joins the modules below: formats, cache, kernel
 * bridge, registry client and fetch scheduler.
 */
@NullMarked
package dev.lazuli.snapshotter.layers;

import org.jspecify.annotations.NullMarked;
