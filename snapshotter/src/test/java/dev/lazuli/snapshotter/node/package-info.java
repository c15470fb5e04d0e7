@NullMarked
package dev.lazuli.snapshotter.node;

import org.jspecify.annotations.NullMarked;
