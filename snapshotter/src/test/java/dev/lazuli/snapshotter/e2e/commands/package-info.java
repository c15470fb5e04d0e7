/** Commands as their users type them. */
@NullMarked
package dev.lazuli.snapshotter.e2e.commands;

import org.jspecify.annotations.NullMarked;
