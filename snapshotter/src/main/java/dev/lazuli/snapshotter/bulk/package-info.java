/**
 * Layers that have no index, pulled whole: the blob comes in several ranges at once, is put in
 * order within a fixed budget of memory, decompressed once and written to its places, with no copy
 * of the blob and no file for each file. Decides which layers are pulled when; who asks for them
 * and what is mounted is the business of others.
 */
@NullMarked
package dev.lazuli.snapshotter.bulk;

import org.jspecify.annotations.NullMarked;
