/** Measurements of whole nodes; no tests. {@code bench/starts} runs them. */
@NullMarked
package dev.lazuli.snapshotter.bench;

import org.jspecify.annotations.NullMarked;
