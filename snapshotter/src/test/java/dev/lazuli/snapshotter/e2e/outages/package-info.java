/** Daemons, registries, nodes and disks that fail. */
@NullMarked
package dev.lazuli.snapshotter.e2e.outages;

import org.jspecify.annotations.NullMarked;
