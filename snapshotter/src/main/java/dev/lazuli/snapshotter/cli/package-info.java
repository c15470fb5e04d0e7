/** The {@code lazuli} command. */
@NullMarked
package dev.lazuli.snapshotter.cli;

import org.jspecify.annotations.NullMarked;
