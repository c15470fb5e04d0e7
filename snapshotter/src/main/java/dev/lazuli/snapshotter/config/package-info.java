/** The daemon's configuration. */
@NullMarked
package dev.lazuli.snapshotter.config;

import org.jspecify.annotations.NullMarked;
