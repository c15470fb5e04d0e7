@NullMarked
package dev.lazuli.snapshotter.start.python;

import org.jspecify.annotations.NullMarked;
