/** Prometheus metrics. */
@NullMarked
package dev.lazuli.snapshotter.metrics;

import org.jspecify.annotations.NullMarked;
