/**
 * How a layer is shown on the node: what its tree is mounted with, and who answers the reads that
 * its mounts cannot answer themselves.
 */
@NullMarked
package dev.lazuli.snapshotter.layers.serve;

import org.jspecify.annotations.NullMarked;
