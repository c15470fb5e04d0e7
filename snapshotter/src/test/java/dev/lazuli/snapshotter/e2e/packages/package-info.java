/** Packages on Debian systems as just installed. */
@NullMarked
package dev.lazuli.snapshotter.e2e.packages;

import org.jspecify.annotations.NullMarked;
