/**
 * From a blob's table of contents to a layer in the store: one index at a time for each layer, few
 * at a time for the node, and none at the pace of a registry that is slow on purpose.
 */
@NullMarked
package dev.lazuli.snapshotter.layers.index;

import org.jspecify.annotations.NullMarked;
