/** Tests of the additional layer store. */
@NullMarked
package dev.lazuli.snapshotter.podman;

import org.jspecify.annotations.NullMarked;
