/**
 * The chunks of one layer: where each lies in the blob and in the data file, which are there, and
 * the bits and files that say so through a crash. Knows nothing of the store and its quota.
 */
@NullMarked
package dev.lazuli.cache.chunks;

import org.jspecify.annotations.NullMarked;
