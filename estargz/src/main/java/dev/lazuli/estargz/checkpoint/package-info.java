/**
 * Places in the middle of gzip data at which decompression can start: found while the data is read
 * once from its begin, and used by {@link dev.lazuli.estargz.read}.
 */
@NullMarked
package dev.lazuli.estargz.checkpoint;

import org.jspecify.annotations.NullMarked;
