/**
 * The bytes of layers on disk: one sparse data file per layer, a chunk table, a presence map, and
 * {@code Writer}s that make a chunk present only when all of its bytes are in place and their
 * digest is right.
 */
@NullMarked
package dev.lazuli.cache;

import org.jspecify.annotations.NullMarked;
