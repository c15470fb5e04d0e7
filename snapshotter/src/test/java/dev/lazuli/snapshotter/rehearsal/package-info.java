@NullMarked
package dev.lazuli.snapshotter.rehearsal;

import org.jspecify.annotations.NullMarked;
