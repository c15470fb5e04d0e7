/** Podman and its additional layer store. */
@NullMarked
package dev.lazuli.snapshotter.e2e.podman;

import org.jspecify.annotations.NullMarked;
