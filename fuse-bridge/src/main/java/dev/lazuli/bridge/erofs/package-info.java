/** EROFS metadata images: writer, reader and mounts. */
@NullMarked
package dev.lazuli.bridge.erofs;

import org.jspecify.annotations.NullMarked;
