/** End-to-end tests: our daemon as a process, real containerd, runc, registry and clients. */
@NullMarked
package dev.lazuli.snapshotter.e2e;

import org.jspecify.annotations.NullMarked;
