/**
 * Indexes of layers as registries have them: made for any image, stored beside it or in a side
 * repository, and found there by nodes that have never seen the image.
 */
@NullMarked
package dev.lazuli.snapshotter.share;

import org.jspecify.annotations.NullMarked;
