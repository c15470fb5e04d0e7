/**
 * What is fetched when, and for whom: decisions alone. Events go in, effects come out; there is no
 * file here, no network and no thread, and the time comes with each event. What carries the
 * decisions out stands above, in {@code fetch}.
 */
@NullMarked
package dev.lazuli.snapshotter.fetch.plan;

import org.jspecify.annotations.NullMarked;
