/** Indexes that SOCI has made of an image's layers, found in the image's own repository. */
@NullMarked
package dev.lazuli.snapshotter.soci;

import org.jspecify.annotations.NullMarked;
