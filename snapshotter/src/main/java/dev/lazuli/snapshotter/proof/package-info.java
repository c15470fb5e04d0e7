/**
 * The proof that a lazily mounted layer is what its image says: the whole blob read once, its
 * digest and that of its tar, and every chunk found in that tar.
 */
@NullMarked
package dev.lazuli.snapshotter.proof;

import org.jspecify.annotations.NullMarked;
