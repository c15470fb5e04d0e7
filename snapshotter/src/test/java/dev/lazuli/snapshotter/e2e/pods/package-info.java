/** Pods as a kubelet starts them, and the clients and credentials of nodes. */
@NullMarked
package dev.lazuli.snapshotter.e2e.pods;

import org.jspecify.annotations.NullMarked;
