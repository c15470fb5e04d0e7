/** What an operator can see of a running daemon. */
@NullMarked
package dev.lazuli.snapshotter.status;

import org.jspecify.annotations.NullMarked;
