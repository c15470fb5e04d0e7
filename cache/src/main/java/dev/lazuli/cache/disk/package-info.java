/**
 * Everything the cache does with files goes through {@link dev.lazuli.cache.disk.Disk}, so that
 * tests can let each operation fail in turn. Knows nothing of layers and chunks.
 */
@NullMarked
package dev.lazuli.cache.disk;

import org.jspecify.annotations.NullMarked;
