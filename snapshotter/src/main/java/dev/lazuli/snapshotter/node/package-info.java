/**
 * The daemon's life: how its parts are put together, in which order they start, take over from a
 * previous daemon and stop, and what it answers to operators.
 */
@NullMarked
package dev.lazuli.snapshotter.node;

import org.jspecify.annotations.NullMarked;
