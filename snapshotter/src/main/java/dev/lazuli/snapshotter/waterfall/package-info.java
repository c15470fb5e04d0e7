/**
 * What happened while containers started, and how to draw it: a record of fetches bounded in
 * memory, the waterfall that is made of it when somebody asks, and its pictures on a terminal and
 * as a page.
 */
@NullMarked
package dev.lazuli.snapshotter.waterfall;

import org.jspecify.annotations.NullMarked;
