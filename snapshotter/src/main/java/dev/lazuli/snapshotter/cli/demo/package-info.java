/**
 * {@code lazuli demo}: an image of this machine's own programs, started lazily and after a full
 * pull, side by side, through the same code as the daemon's.
 */
@NullMarked
package dev.lazuli.snapshotter.cli.demo;

import org.jspecify.annotations.NullMarked;
