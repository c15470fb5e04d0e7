/** The node-wide scheduler that brings chunks from registries into the cache. */
@NullMarked
package dev.lazuli.snapshotter.fetch;

import org.jspecify.annotations.NullMarked;
