/**
 * What this node has learned about layers and keeps after they are gone: so far, indexes of layers
 * that were pulled whole, with which they can be mounted lazily the next time.
 */
@NullMarked
package dev.lazuli.snapshotter.knowledge;

import org.jspecify.annotations.NullMarked;
