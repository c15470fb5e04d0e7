/** The OCI distribution client. */
@NullMarked
package dev.lazuli.snapshotter.registry;

import org.jspecify.annotations.NullMarked;
