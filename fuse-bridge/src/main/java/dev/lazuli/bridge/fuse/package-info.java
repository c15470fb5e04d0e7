/** One FUSE session: protocol codec, request loops, deferred replies, hand-over. */
@NullMarked
package dev.lazuli.bridge.fuse;

import org.jspecify.annotations.NullMarked;
